/**
 * Carriers under the names people write, and what platforms call them. A connector names its platform's code for those it
 * knows; a code of the platform written out by a person is taken as it is.
 */
const names = {
  sf: ["SF", "SF Express", "ShunFeng", "顺丰", "顺丰速运", "顺丰快递"],
  yto: ["YTO", "YTO Express", "Yuantong", "圆通", "圆通速递", "圆通快递"],
  zto: ["ZTO", "ZTO Express", "Zhongtong", "中通", "中通快递", "中通速递"],
  sto: ["STO", "STO Express", "Shentong", "申通", "申通快递"],
  yunda: ["Yunda", "Yunda Express", "韵达", "韵达快递", "韵达速递"],
  ems: ["EMS", "China EMS", "中国邮政速递", "邮政EMS", "邮政速递"],
  chinaPost: ["China Post", "邮政", "中国邮政", "邮政快递包裹"],
  jd: ["JD", "JD Logistics", "JD Express", "京东", "京东物流", "京东快递"],
  deppon: ["Deppon", "DBL", "德邦", "德邦快递", "德邦物流"],
  jt: ["J&T", "J&T Express", "JT Express", "极兔", "极兔速递"],
  best: ["Best", "Best Express", "百世", "百世快递"],
  cainiao: ["Cainiao", "Danniao", "菜鸟", "丹鸟", "菜鸟速递"],
  dhl: ["DHL", "DHL Express"],
  fedex: ["FedEx", "Federal Express"],
  ups: ["UPS", "United Parcel Service"],
  usps: ["USPS", "US Postal Service"],
  royalMail: ["Royal Mail"],
  canadaPost: ["Canada Post"],
  australiaPost: ["Australia Post", "AusPost"],
  ninjaVan: ["Ninja Van", "NinjaVan"],
} as const;

export type CarrierId = keyof typeof names;

/** Letters and digits of any script; case, spaces and punctuation say nothing. */
const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");

const byName: ReadonlyMap<string, CarrierId> = new Map(
  (Object.keys(names) as CarrierId[]).flatMap((id) =>
    [id, ...names[id]].map((name) => [plain(name), id] as const),
  ),
);

export const carrierOf = (text: string): CarrierId | undefined => byName.get(plain(text));

export type CarrierTable = Readonly<Partial<Record<CarrierId, string>>>;

/** The platform's code for what a person wrote as carrier; undefined when neither the name nor the code is known. */
export function carrierCode(table: CarrierTable, text: string): string | undefined {
  const id = carrierOf(text);
  if (id !== undefined && table[id] !== undefined) return table[id];
  return Object.values(table).find((code) => code !== undefined && plain(code) === plain(text));
}
