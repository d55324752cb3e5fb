import type { Connector, Manifest } from "../../src/connectors/contract.ts";

/** The table of connectors in the READMEs, made from their manifests. */

export const connectorsBegin = "<!-- connectors: made by scripts/docs-check.ts --write -->";
export const connectorsEnd = "<!-- end of connectors -->";

type Language = "en" | "zh";

const words = {
  en: {
    headings: [
      "connector",
      "orders",
      "webhooks",
      "stock out",
      "reads stock",
      "parcels",
      "lists items",
      "files",
      "live rooms",
      "read",
    ],
    names: {} as Record<string, string>,
  },
  zh: {
    headings: [
      "连接器",
      "订单",
      "通知",
      "库存推送",
      "读取库存",
      "发货回传",
      "商品列表",
      "文件",
      "直播间",
      "文档查阅日期",
    ],
    names: { file: "CSV 与 XLSX 文件", generic: "通用协议", "bilibili-live": "哔哩哔哩直播" } as Record<
      string,
      string
    >,
  },
};

/** One row per connector: what it can do, and when the platform's documentation was read. */
export function connectorTable(connectors: Iterable<Connector>, language: Language): string {
  const { headings, names } = words[language];
  const rows = [...connectors].map(({ manifest }) => cellsOf(manifest, names[manifest.id] ?? manifest.name));
  return [headings, headings.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf({ id, docsUrl, docsReadAt, capabilities }: Manifest, name: string): string[] {
  const mark = (can: boolean) => (can ? "✓" : "");
  return [
    `[${name}](${docsUrl}) (\`${id}\`)`,
    mark(capabilities.orders),
    mark(capabilities.webhooks),
    capabilities.stockWrites.join(", "),
    mark(capabilities.stockRead),
    mark(capabilities.fulfilments),
    mark(capabilities.listings),
    mark(capabilities.files),
    mark(capabilities.rooms),
    docsReadAt,
  ];
}

/** The page with the table between its marks. Throws when the marks are gone. */
export function withConnectors(file: string, page: string, table: string): string {
  const begin = page.indexOf(connectorsBegin);
  const end = page.indexOf(connectorsEnd);
  if (begin === -1 || end < begin) {
    throw new Error(`${file} has lost its marks ${connectorsBegin} and ${connectorsEnd}; put them back.`);
  }
  return `${page.slice(0, begin + connectorsBegin.length)}\n\n${table}\n\n${page.slice(end)}`;
}

export const connectorProblems = (file: string, page: string, table: string): string[] =>
  withConnectors(file, page, table) === page
    ? []
    : [`${file} is out of date about connectors; run: node scripts/docs-check.ts --write`];
