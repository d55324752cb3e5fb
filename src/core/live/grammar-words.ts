/** What words mean in a room, in several languages. A session may add words of its own to any kind. */

export interface RoomWords {
  /** Says that the writer wants the item. */
  keywords: string[];
  /** Wants the item being shown, without naming it. */
  shown: string[];
  cancel: string[];
  /** Changes nothing: courtesy and grammar. */
  fillers: string[];
  question: string[];
}

export const defaultWords: RoomWords = {
  keywords: [
    ..."sold mine claim buy dibs want take order get need".split(" "),
    ..."要 我要 想要 扣 拍 下单 买 我买 来 給我 给我 抢 秒 求 需要 要了 加单".split(" "),
    ..."ください 購入 買う 買います 欲しい ほしい".split(" "),
    ..."주세요 구매 살게요 저요 주문".split(" "),
    ..."lấy mua chốt เอา ซื้อ cf รับ mau beli ambil quiero compro mío mio beli".split(" "),
  ],
  shown: ["+1", "扣1", "加1", "加一"],
  cancel: [
    ..."cancel remove pass nvm nevermind undo cancelled".split(" "),
    ..."取消 不要 不要了 退 算了 放弃 撤销 不买了 不买 删掉".split(" "),
    ..."キャンセル 취소 hủy ยกเลิก batal cancelar".split(" "),
  ],
  fillers: [
    ..."i me my the a an it one please pls plz thanks thank you thx ty also and for would like to ill will yes ok".split(
      " ",
    ),
    ..."我 的 了 吧 啊 呀 哦 噢 哈 啦 嘛 号 號 链接 款 这 这个 那 个 请 麻烦 谢谢 谢 和 跟 再 帮 帮我 亲 主播 老板 姐 哥 下".split(
      " ",
    ),
    ..."を が の です お願いします 요 은 는 이 를 을 nhé ạ ค่ะ ครับ".split(" "),
  ],
  question: [
    ..."? how what when why is are does do did can could which where who much available still".split(" "),
    ..."吗 嗎 呢 么 多少 有没有 還有 还有 怎么 怎样 什么 几 哪 为什么 能不能 可以 好不好 是不是 要不要 か いくら".split(
      " ",
    ),
  ],
};

/** Behind a number: so many pieces. */
export const unitWords = [
  ..."pcs pc pieces piece units unit ea pairs pair sets set".split(" "),
  ..."件 个 個 双 雙 套 份 条 條 盒 瓶 只 支 对 對 包 箱 张 張 本 台 罐 袋 枚 つ 点 개 벌 장 cái ชิ้น".split(
    " ",
  ),
];

/** In front of a number: so many of it. `x` and `*` are read by the scanner itself. */
export const quantityWords = ["qty", "quantity", "数量", "數量"];

export const mergeWords = (
  more: {
    [Kind in keyof RoomWords]?: RoomWords[Kind] | undefined;
  },
): RoomWords => ({
  keywords: [...defaultWords.keywords, ...(more.keywords ?? [])],
  shown: [...defaultWords.shown, ...(more.shown ?? [])],
  cancel: [...defaultWords.cancel, ...(more.cancel ?? [])],
  fillers: [...defaultWords.fillers, ...(more.fillers ?? [])],
  question: [...defaultWords.question, ...(more.question ?? [])],
});
