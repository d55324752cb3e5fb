import type { Product } from "../connectors/sandbox/index.ts";
import type { Good } from "./connect-shop.ts";

/** What the three shops of the demo sell: invented goods, priced in fen. */
const goods: readonly (readonly [
  code: string,
  en: string,
  zh: string,
  costMinor: number,
  priceMinor: number,
])[] = [
  ["MUG-350", "Blue mug 350 ml", "蓝色马克杯 350ml", 1_850, 4_900],
  ["TOTE-01", "Canvas tote bag", "帆布手提袋", 1_200, 3_900],
  ["LAMP-D2", "Desk lamp", "护眼台灯", 6_800, 15_900],
  ["EAR-P3", "Wireless earbuds", "无线耳机", 11_500, 29_900],
  ["SHIRT-L", "Linen shirt, size L", "亚麻衬衫 L码", 7_200, 19_900],
  ["SOAP-3", "Handmade soap, 3 bars", "手工香皂 三块装", 900, 2_990],
  ["NOTE-A5", "Notebook A5", "A5 笔记本", 650, 1_990],
  ["FLASK-1", "Vacuum flask 1 l", "保温水壶 1L", 4_300, 9_900],
  ["TEA-LJ", "Longjing tea 100 g", "龙井茶 100克", 5_600, 12_800],
  ["SOCK-6", "Cotton socks, 6 pairs", "纯棉袜 六双装", 1_100, 3_590],
  ["UMB-AUTO", "Folding umbrella", "全自动折叠伞", 2_400, 6_900],
  ["PAN-28", "Frying pan 28 cm", "平底锅 28厘米", 5_100, 13_900],
  ["CANDLE", "Scented candle", "香薰蜡烛", 1_600, 4_590],
  ["YOGA-6", "Yoga mat 6 mm", "瑜伽垫 6毫米", 2_900, 7_900],
  ["CABLE-C", "USB-C cable 2 m", "Type-C 数据线 2米", 800, 2_590],
  ["PLANT-M", "Potted monstera", "龟背竹盆栽", 2_200, 5_990],
  ["SCARF-W", "Wool scarf", "羊毛围巾", 5_800, 16_900],
  ["KNIFE-S", "Chef's knife", "厨师刀", 4_700, 11_900],
  ["PUZZLE", "Puzzle, 1000 pieces", "拼图 1000片", 2_100, 5_990],
  ["HONEY-5", "Acacia honey 500 g", "洋槐蜂蜜 500克", 2_600, 6_590],
];

/** Little enough that shops run out now and then, and the last units are fought over. */
const openingUnits = 160;

export const demoGoods: readonly (Good & { unitPriceMinor: number; en: string; zh: string })[] = goods.map(
  ([sku, en, zh, unitCostMinor, unitPriceMinor]) => ({
    sku,
    name: `${zh} · ${en}`,
    en,
    zh,
    externalId: `item-${sku.toLowerCase()}`,
    unitCostMinor,
    unitPriceMinor,
    openingUnits,
  }),
);

/** The same goods as a shop lists them. It opens with empty shelves: the hub tells it what there is. */
export const demoProducts: readonly Product[] = demoGoods.map(
  ({ sku, name, externalId, unitPriceMinor }) => ({
    externalId,
    sku,
    title: name,
    priceMinor: unitPriceMinor,
    quantity: 0,
  }),
);
