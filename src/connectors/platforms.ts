/** Every platform the hub knows, one line each: the only list of them. */
export { bilibiliLive } from "./bilibili-live/index.ts";
export { douyin } from "./douyin/index.ts";
export { file } from "./file/index.ts";
export { generic } from "./generic/index.ts";
export { kuaishou } from "./kuaishou/index.ts";
export { medusa } from "./medusa/index.ts";
export { shopify } from "./shopify/index.ts";
export { woocommerce } from "./woocommerce/index.ts";
export { xiaohongshu } from "./xiaohongshu/index.ts";
