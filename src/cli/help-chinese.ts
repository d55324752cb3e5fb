/** Help in Chinese, by the English sentence it stands for. `tests/cli/help.test.ts` finds what is missing. */
export const helpInChinese: Readonly<Record<string, string>> = {
  // What commander adds.
  "Usage:": "用法：",
  "Arguments:": "参数：",
  "Options:": "选项：",
  "Global Options:": "全局选项：",
  "Commands:": "命令：",
  "display help for command": "显示帮助",

  "Order and stock hub: one stock pool over many shops, books out.":
    "订单与库存中枢：多店共享一份库存，并输出账务凭证。",
  "Configuration by environment: see docs/operations.md. All commands: docs/cli.md.":
    "环境变量配置见 docs/operations.md；全部命令见 docs/cli.md。",
  "print the release": "显示版本号",
  "answer with JSON: one document on standard output, errors on standard error":
    "以 JSON 输出：结果写到标准输出，错误写到标准错误",
  "with an error, show where it came from": "出错时显示详细来源",
  "code of the merchant, where there are several": "商户代码，有多个商户时需要",
  "name or id": "名称或编号",

  "run the hub: HTTP API, webhooks, polls, pushes and books; stops on Ctrl+C":
    "运行：HTTP 接口、通知接收、轮询、推送与记账；按 Ctrl+C 停止",
  "instead of PORT; 0 for any free one": "替代 PORT；0 表示任一空闲端口",
  "instead of HOST": "替代 HOST",
  "a hub with three simulated shops, shoppers and a warehouse, to look at on a page":
    "演示：三家模拟店铺、顾客与仓库，可在网页上观看",
  "go on with the data of the last demo instead of starting fresh": "沿用上次演示的数据，而非重新开始",
  "the same seed gives the same shoppers": "相同的种子产生相同的顾客行为",

  "merchants of this hub: list, create": "商户：查看、创建",
  "list merchants": "查看商户",
  "make a merchant, with the location MAIN and its own encryption key":
    "创建商户，自带库位 MAIN 与独立加密密钥",
  "short name, unique on this hub": "简称，不可重复",
  "full name": "全称",
  "currency of its books, ISO 4217": "记账本位币，ISO 4217 代码",
  "zone of its accounting days, IANA": "会计日期所用时区，IANA 名称",

  "API keys: make, list, revoke": "API 密钥：创建、查看、撤销",
  "make an API key and print it; it cannot be shown again": "创建 API 密钥并输出；之后无法再次显示",
  "what the key may do": "密钥的角色",
  "what it is for": "用途说明",
  "list keys, revoked ones too": "查看密钥，包括已撤销的",
  "end a key; running hubs refuse it within 5 seconds": "撤销密钥；运行中的服务在 5 秒内拒绝该密钥",
  "as shown by `keys list`": "见 `keys list` 的输出",

  "how the units of each SKU are spread over listings, and why":
    "各 SKU 的库存在各店铺商品间如何分配，以及原因",

  "platforms that can be connected; with an id, what that one asks for":
    "可连接的平台；给出编号则显示该平台所需参数",
  "id of a connector": "连接器编号",
  "accounts on platforms: list, add, test, …": "平台账号：查看、添加、测试等",
  "list connections and how they are doing": "查看连接及其状态",
  "connect an account; prints its webhook address": "连接账号；输出其通知接收地址",
  "which platform; see `connectors`": "平台；见 `connectors`",
  "yours to choose; no two connections share one": "自定名称，不可重复",
  "a setting; may be given several times": "一项设置；可多次给出",
  "a secret; without a value it is read from the variable SLUICE_SECRET_<FIELD> or asked for":
    "一项密钥；不给值则读取环境变量 SLUICE_SECRET_<字段>，或在终端询问",
  "make one cheap call that proves address and credentials": "发起一次轻量调用，验证地址与凭据",
  "pull orders and push what is owed, now": "立即拉取订单并推送待办",
  "map the platform's items to SKUs with exactly the same code": "将平台商品映射到编码完全相同的 SKU",
  "print the address at which a person grants the hub access to the account":
    "输出授权地址：由人打开并授权本系统访问该账号",
  "stop pulling and pushing; deliveries are refused meanwhile": "暂停拉取与推送；期间拒收通知",
  "go on": "恢复",
  "end it: its secrets are wiped; its orders stay, its listings are kept for its return":
    "移除：清除其密钥，保留其订单；商品映射留待重新连接时使用",
  "also with open orders, which then stay open here": "即使仍有未完成订单也移除；这些订单在此保持未完成",

  "take orders, stock or SKUs from a CSV or XLSX file; running it again changes nothing twice":
    "从 CSV 或 XLSX 文件导入订单、库存或 SKU；重复导入不会重复生效",
  "orders, as facts: what is missing becomes a shortfall": "订单，按既成事实导入：库存不足记为短缺",
  "counts or changes of stock": "盘点数或库存增减",
  "SKUs: new ones are made, known ones changed": "SKU：新的创建，已有的更新",
  "Exit code 1 when rows were rejected; they stand in FILE.rejected.csv with the reason.":
    "有行被拒时退出码为 1；被拒行及原因写入 文件名.rejected.csv。",
  "CSV (UTF-8 or GB18030) or XLSX": "CSV（UTF-8 或 GB18030）或 XLSX",
  "column of a field, where the usual names do not fit": "字段对应的列名，列名不常见时使用",
  "a named set of conventions, such as online-retail": "预设的文件约定，例如 online-retail",
  "sheet of a workbook; the first visible one when left out": "工作表名；省略则取第一个可见的工作表",
  "zone of times written without one; the merchant's when left out":
    "未注明时区的时间所用时区；省略则用商户时区",
  "how to read 03/04/2026": "如何理解 03/04/2026",
  "currency of amounts, where no column says it; the merchant's when left out":
    "没有币种列时的币种；省略则用商户本位币",
  "status of orders, where no column says it": "没有状态列时的订单状态",
  "when the file was true, for orders without a time of their last change; now when left out":
    "文件的生成时间，用于没有更新时间的订单；省略时为当前时间",
  "connection the orders belong to; made when there is none": "订单所属连接；不存在则创建",
  "make SKUs the file names and the hub does not know": "创建文件中出现而系统中没有的 SKU",
  "read and judge every row, write nothing": "只检查每一行，不写入任何内容",
  "where rejected rows go; FILE.rejected.csv when left out": "被拒行的输出文件；省略则为 文件名.rejected.csv",
  "why stock changes, where no column says it": "没有原因列时的库存变动原因",
  "names this import, so that the same file can be posted again under another":
    "本次导入的编号；换一个编号可再次过账同一文件",
  "count SKUs that the file does not name as zero; refused with any bad row":
    "文件未列出的 SKU 计为零；有任何坏行则拒绝执行",

  "pull orders and push what is owed, now, on one connection or on all that are active":
    "立即拉取订单并推送待办，针对一个或全部有效连接",
  "name or id; all active ones when left out": "名称或编号；省略则为全部有效连接",
  "write what the hub holds to files": "导出数据到文件",
  "the journal, streamed to standard output or a file": "会计凭证，流式输出到标准输出或文件",
  "what reads it": "文件格式",
  "first accounting date, YYYY-MM-DD": "起始会计日期，YYYY-MM-DD",
  "last accounting date": "截止会计日期",
  "only entries with a higher number": "只导出编号更大的凭证",
  "CSV for Excel: byte order mark, codes and long ids as text":
    "供 Excel 使用的 CSV：带 BOM，编码与长编号按文本输出",
  "write there; the file appears when it is whole": "输出文件；全部写完后才会出现",

  "bring the database to this release's schema; every command does so by itself too":
    "将数据库升级到本版本的表结构；其他命令也会自动执行",
  "check every promise of the hub; exit code 1 and the offending rows when one is broken":
    "检查全部承诺；任何一项不成立则退出码为 1 并列出相关行",
  "only this merchant": "只检查该商户",
  "serve a simulated shop with shoppers, and connect it to a hub": "运行一家带顾客的模拟店铺，并可接入系统",
  "where the shop listens; 0 for any free port": "店铺监听的端口；0 表示任一空闲端口",
  "name of the shop": "店铺名称",
  "how many products it sells": "商品数量",
  "what shoppers do per minute; half of it is buying": "顾客每分钟的动作数，约一半是下单",
  "connect it to this running hub: makes SKUs, stock, connection and listings there":
    "接入该运行中的系统：在其中创建 SKU、库存、连接与商品映射",
  "an owner's API key of that hub; or the variable SLUICE_API_KEY":
    "该系统的所有者密钥；或使用环境变量 SLUICE_API_KEY",
  "measure this machine against the figures in docs/benchmarks.md; prints JSON":
    "按 docs/benchmarks.md 的指标测试本机性能；输出 JSON",
  "given on to bench/main.ts": "原样传给 bench/main.ts",
};
