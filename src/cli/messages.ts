import type { ErrorCode } from "../core/errors.ts";
import type { Language } from "../http/messages.ts";

/** The sentences people meet on the command line, in the languages Sluice speaks. `{name}` stands for a value. */

type Catalogue = Record<Language, string>;

const sentences = {
  listening: { en: "Sluice {version} listens on {url}", zh: "Sluice {version} 已启动：{url}" },
  database: { en: "database   {name}", zh: "数据库     {name}" },
  key_made: {
    en: "key        made just now in {path}: back it up together with the data, nothing can be read without it",
    zh: "主密钥     刚刚生成于 {path}：请与数据一起备份，丢失后数据无法解密",
  },
  migrated: { en: "schema     {count} migrations applied", zh: "表结构     已执行 {count} 个迁移" },
  page: {
    en: "page       {url}/        API reference {url}/docs",
    zh: "页面       {url}/        接口文档 {url}/docs",
  },
  embedded: {
    en: "durability the embedded database survives a killed process, but promises nothing when the power fails;\n           set DATABASE_URL to a PostgreSQL server for orders you cannot afford to lose",
    zh: "持久性     内置数据库可承受进程被终止，但不保证断电不丢数据；\n           不能丢失的订单请设置 DATABASE_URL 使用 PostgreSQL",
  },
  first_key: {
    en: 'first start: made the merchant "{merchant}" and this owner key, shown only now:\n\n  {key}\n',
    zh: "首次启动：已创建商户“{merchant}”及所有者密钥，仅显示这一次：\n\n  {key}\n",
  },
  more_keys: {
    en: "more keys       npm run -s sluice -- keys create --role operator",
    zh: "更多密钥        npm run -s sluice -- keys create --role operator",
  },
  connect_first: {
    en: "connect a shop  npm run -s sluice -- connectors            (what can be connected)\n                npm run -s sluice -- connections add --connector generic --name … --set baseUrl=…\n                npm run -s sluice -- sandbox --hub {url} --key slk_…   (a simulated shop to try with)",
    zh: "连接店铺        npm run -s sluice -- connectors            （查看可用平台）\n                npm run -s sluice -- connections add --connector generic --name … --set baseUrl=…\n                npm run -s sluice -- sandbox --hub {url} --key slk_…   （用模拟店铺试用）",
  },
  stop_hint: { en: "stop with Ctrl+C", zh: "按 Ctrl+C 停止" },
  stopping: {
    en: "stopping: finishing the work in hand (once more to exit at once)",
    zh: "正在停止：完成手头的工作（再按一次立即退出）",
  },
  stopped: { en: "stopped", zh: "已停止" },
  demo_ready: { en: "Demo: open {url}/   key {key}", zh: "演示：请打开 {url}/   密钥 {key}" },
  demo_where: {
    en: "data in {path}, {freshness}; three simulated shops sell the same 20 SKUs; stop with Ctrl+C",
    zh: "数据位于 {path}，{freshness}；三家模拟店铺共售同一批 20 个 SKU；按 Ctrl+C 停止",
  },
  demo_fresh: {
    en: "fresh at each start (--keep goes on with it)",
    zh: "每次启动都重新开始（--keep 保留数据）",
  },
  demo_kept: { en: "kept from the last time", zh: "沿用上次的数据" },
  doctor_ok: { en: "All {count} checks passed.", zh: "全部 {count} 项检查通过。" },
  doctor_failed: { en: "{failed} of {count} checks failed.", zh: "{count} 项检查中有 {failed} 项未通过。" },
  doctor_empty: {
    en: "There is no merchant yet, so there is nothing to check.",
    zh: "尚无商户，没有可检查的内容。",
  },
  no_allocations: { en: "No stock has been published yet.", zh: "尚未发布库存。" },
  why_shared: { en: "shares what is available", zh: "各店铺共享可用库存" },
  why_at_share: { en: "has its share", zh: "已达分配数量" },
  why_raised: { en: "is getting more", zh: "正在增加" },
  why_lowered: { en: "is giving units up", zh: "正在让出" },
  why_waits_for_units: { en: "gets more when units come free", zh: "有库存释放时增加" },
  why_waits_for_orders: { en: "orders may still come in", zh: "可能还有订单未到" },
  why_waits_for_write: { en: "a write is under way or in doubt", zh: "写入中或结果未知" },
  why_waits_for_look: { en: "its figure is read next", zh: "即将读取平台数量" },
  why_foreign_write: { en: "another tool wrote its figure: see the task", zh: "其他工具改过数量：见待办" },
  why_stopped: { en: "writing was stopped", zh: "已停止写入" },
  why_not_escrowed: { en: "nothing can be set aside here", zh: "此处无法预留：平台不说明已售数量" },
  ask_secret: { en: "{name} (not shown): ", zh: "{name}（输入不显示）：" },
  verbose_hint: {
    en: "This should not happen. Run the command again with --verbose for the details.",
    zh: "出现意外错误。请加 --verbose 重新运行以查看详情。",
  },
  locked_hint: {
    en: "A hub is at work there and cannot be asked from here; stop it, or use its HTTP API.",
    zh: "该目录正由运行中的 Sluice 使用，且无法从此处访问；请先停止它，或改用其 HTTP 接口。",
  },
} satisfies Record<string, Catalogue>;

export type Sentence = keyof typeof sentences;

export const say = (
  language: Language,
  sentence: Sentence,
  values: Readonly<Record<string, string | number>> = {},
): string =>
  sentences[sentence][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** Where the refusal's own sentence ends without one: what to do next. */
const nextSteps: Partial<Record<ErrorCode, Catalogue>> = {
  unavailable: {
    en: "Check that the database runs and that DATABASE_URL is right, then run the command again.",
    zh: "请确认数据库正在运行且 DATABASE_URL 正确，然后重新执行命令。",
  },
  schema_mismatch: {
    en: "See Upgrading in docs/operations.md.",
    zh: "请参阅 docs/operations.md 的升级说明。",
  },
  configuration: {
    en: "All variables are described in docs/operations.md.",
    zh: "所有环境变量见 docs/operations.md。",
  },
  file_unreadable: {
    en: "CSV (UTF-8 or GB18030) and XLSX can be read; see Import in docs/cli.md.",
    zh: "支持 CSV（UTF-8 或 GB18030）与 XLSX；见 docs/cli.md 的 Import 一节。",
  },
  unknown_connector: {
    en: "List them with: sluice connectors",
    zh: "查看可用平台：sluice connectors",
  },
  connection_failed: {
    en: "Try it with: sluice connections test NAME",
    zh: "可用以下命令测试：sluice connections test 名称",
  },
};

export const nextStepOf = (code: ErrorCode, language: Language): string | undefined =>
  nextSteps[code]?.[language];

/** What each check of `doctor` promises, in Chinese; the English sentences come with the checks. */
const promisesInChinese: Readonly<Record<string, string>> = {
  reserved_is_sum: "每个 SKU 与库位的预留量等于未完结预留之和。",
  on_hand_is_sum: "每个 SKU 与库位的在库量及其价值等于库存变动之和。",
  covered: "自有库位的预留量与保留量之和不超过在库量。",
  never_below_zero: "按事件顺序重放库存变动，在库量从不为负。",
  stock_versions: "每次库存变动对应一个事件，版本号无断号。",
  stock_events_tell_the_figures: "库存行的最后一个事件与该行数字一致。",
  events_without_gap: "事件编号 1、2、3……连续无断号，且商户记录的最后编号正确。",
  lines_are_served: "已付款订单的每一行都已预留，或注明短缺数量。",
  closed_orders_hold_nothing: "已发货、完成、取消或退款的订单不占用也不等待库存。",
  bundles_are_served: "组合商品的每一行都已预留其全部组件。",
  reservations_have_holders: "每条未完结预留都属于某个订单行或某个预留单。",
  free_units_serve_waiting_lines: "有已付款订单行等待时，不存在空闲库存。",
  refunded_is_sum: "订单已退金额等于其已记账退款之和。",
  shipped_is_sum: "订单行的已发数量等于各包裹数量之和。",
  paid_orders_are_booked: "未被人工挂起的已付款订单都已通知账务。",
  buyers_are_sealed: "买家信息只以密文保存。",
  sent_orders_owe_nothing: "已全部发货、取消或退款的订单，其合同负债与待转销项税额余额为零。",
  refunded_orders_sold_nothing: "已全额退款的订单，其收入与税额净额为零。",
  orders_cancelled_here_sent_nothing: "在此取消而平台继续履行的订单，没有任何货物发出。",
  stock_figures_are_exact: "没有超过 2^53、无法精确显示的库存数字。",
  taken_back_is_sum: "订单行退回或不再欠交的数量，等于其各笔退款收回数量之和。",
  split_units_are_covered: "独占分配的 SKU：各商品链接可售数量之和不超过现有可用量（此后损失的除外）。",
  shown_oversell_is_computed: "显示的可能超卖数与已损失数，均由各商品链接的可售数量算出。",
  exposures_have_listings: "已删除的商品链接不再占用任何库存份额。",
  session_shares_are_held: "直播场次占用的数量等于其份额减去已认领与已售出；结束后不占用任何库存。",
  claims_are_held: "已保留或已邀约的认领占用其数量，其他认领不占用，商品计数与之一致。",
  claims_are_ordered_once: "认领状态为已下单，当且仅当它有一个存在的订单。",
  one_open_claim_per_viewer: "同一观众对同一商品没有两个未完结的认领。",
  waitlists_are_served: "直播中份额有空闲时，没有可由其满足的认领仍在等待。",
  waitlists_without_gap: "每个商品的候补排位为 1、2、3……各出一次，候补人数与商品记录一致。",
  comments_are_sealed: "观众的评论只以密文保存。",
  entries_balance: "每张凭证按币种借贷相等。",
  entries_have_lines: "每张凭证至少有两行。",
  entry_numbers_without_gap: "凭证编号连续无断号。",
  inventory_is_stock_value: "存货科目余额等于库存价值。",
};

export const promiseIn = (language: Language, check: string, english: string): string =>
  (language === "zh" ? promisesInChinese[check] : undefined) ?? english;

/** POSIX: LC_ALL beats LC_MESSAGES beats LANG. */
export function languageOfEnvironment(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return locale.toLowerCase().startsWith("zh") ? "zh" : "en";
}
