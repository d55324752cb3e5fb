/**
 * The default chart of accounts, as data. Rules name roles; codes and names are a matter of the merchant's chart:
 *   cas   Chinese Accounting Standards (企业会计准则)
 *   sbe   the standard for small enterprises (小企业会计准则)
 *   ifrs  a common numbering for books kept in English
 * Every code can be replaced per merchant (`setAccount`). Accounts that came with the 2017 standards have no nationally
 * fixed code (contract liabilities are 2204 in some charts, 2205 in others): look yours up before the first export.
 * The small-enterprise standard names no deferred output tax; its general taxpayers use the same 2221 sub-accounts.
 */

export const accountTypes = ["asset", "liability", "equity", "income", "expense"] as const;
export type AccountType = (typeof accountTypes)[number];

export const charts = ["cas", "sbe", "ifrs"] as const;
export type Chart = (typeof charts)[number];

// role, cas, sbe, ifrs, Chinese name, English name, type
const rows = [
  ["bank", "1002", "1002", "1010", "银行存款", "Bank", "asset"],
  ["wallet", "1012.01", "1012.01", "1050", "其他货币资金-平台钱包", "Platform wallet", "asset"],
  [
    "ar_platform",
    "1122.01",
    "1122.01",
    "1100",
    "应收账款-平台待结算",
    "Receivable - platform unsettled",
    "asset",
  ],
  [
    "subsidy_platform",
    "1221.03",
    "1221.03",
    "1150",
    "其他应收款-平台补贴",
    "Platform subsidy receivable",
    "asset",
  ],
  ["inventory", "1405.01", "1405.01", "1200", "库存商品-主仓", "Inventory", "asset"],
  ["suspense", "1901", "1901", "1280", "待处理财产损溢", "Inventory discrepancies pending approval", "asset"],
  ["ap", "2202.01", "2202.01", "2000", "应付账款-供应商", "Trade payables", "liability"],
  ["grni", "2202.02", "2202.02", "2010", "应付账款-暂估", "Goods received not invoiced", "liability"],
  [
    "contract_liab",
    "2205.01",
    "2203.01",
    "2100",
    "合同负债-订单货款",
    "Contract liabilities - orders",
    "liability",
  ],
  ["vat_out", "2221.01.07", "2221.01.07", "2200", "应交增值税-销项税额", "Output VAT payable", "liability"],
  ["vat_out_pending", "2221.06", "2221.06", "2220", "待转销项税额", "Output VAT deferred", "liability"],
  ["vat_small", "2221.01", "2221.01", "2200", "应交增值税", "VAT payable, small-scale", "liability"],
  ["capital", "4001", "3001", "3000", "实收资本", "Share capital", "equity"],
  ["revenue", "6001.01", "5001.01", "4000", "主营业务收入-商品", "Sales - goods", "income"],
  ["revenue_digital", "6001.03", "5001.03", "4020", "主营业务收入-虚拟商品", "Sales - digital", "income"],
  ["freight_income", "6051.01", "5051.01", "4100", "其他业务收入-运费", "Shipping income", "income"],
  ["cogs", "6401.01", "5401.01", "5000", "主营业务成本", "Cost of goods sold", "expense"],
  ["samples", "6601.08", "5601.08", "6060", "销售费用-样品赠品", "Samples and gifts", "expense"],
  ["ops_loss", "6601.12", "5601.12", "6080", "销售费用-物流损耗", "Logistics losses", "expense"],
  [
    "stock_var",
    "6602.08",
    "5711.01",
    "6100",
    "管理费用-存货盘亏盘盈",
    "Inventory count differences",
    "expense",
  ],
  ["fx", "6603.03", "5603.03", "6210", "财务费用-汇兑损益", "Exchange differences", "expense"],
  ["rounding", "6603.09", "5603.09", "6290", "财务费用-尾差", "Rounding differences", "expense"],
] as const;

export type Role = (typeof rows)[number][0];

export const roles: readonly Role[] = rows.map(([role]) => role);

export interface Account {
  role: Role;
  code: string;
  name: string;
  type: AccountType;
}

export type Accounts = Readonly<Record<Role, Account>>;

/** What a merchant on `chart` starts with: Chinese names in the Chinese charts, English ones in `ifrs`. */
export function defaultAccounts(chart: Chart): Accounts {
  const accounts = rows.map(([role, cas, sbe, ifrs, chinese, english, type]): [Role, Account] => {
    const code = { cas, sbe, ifrs }[chart];
    return [role, { role, code, name: chart === "ifrs" ? english : chinese, type }];
  });
  return Object.fromEntries(accounts) as Record<Role, Account>;
}

export const isRole = (text: string): text is Role => roles.some((role) => role === text);
