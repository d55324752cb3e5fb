/** Every platform the hub knows, one line each: the only list of them. */
export { amazon } from "./amazon/index.ts";
export { bilibiliLive } from "./bilibili-live/index.ts";
export { douyin } from "./douyin/index.ts";
export { file } from "./file/index.ts";
export { generic } from "./generic/index.ts";
export { jd } from "./jd/index.ts";
export { kuaishou } from "./kuaishou/index.ts";
export { medusa } from "./medusa/index.ts";
export { shopee } from "./shopee/index.ts";
export { shopify } from "./shopify/index.ts";
export { taobao } from "./taobao/index.ts";
export { tiktokShop } from "./tiktok-shop/index.ts";
export { vendure } from "./vendure/index.ts";
export { wechatChannels } from "./wechat-channels/index.ts";
export { woocommerce } from "./woocommerce/index.ts";
