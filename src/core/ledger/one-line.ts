/** Characters no format wants: controls, line and paragraph separators, bidirectional overrides, private use, half pairs. */
const unprintable = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const spaces = /\s+/gu;

/** One line of text: no control characters, runs of white space become one space. Chinese and emoji stay as they are. */
export const oneLine = (text: string): string =>
  plain.test(text) ? text : text.replace(unprintable, " ").replace(spaces, " ").trim();

/** The common case, told with one scan: printable ASCII and Chinese words with single spaces. */
const plain = /^[!-~\u4e00-\u9fff]+( [!-~\u4e00-\u9fff]+)*$/;
