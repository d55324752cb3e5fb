import { currentLanguage } from "./texts.js";

/** Small helpers to put values into the document. Text is always set as text, never as markup. */

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

const locale = () => (currentLanguage() === "zh" ? "zh-CN" : "en-GB");

export const number = (value) => new Intl.NumberFormat(locale()).format(value);

/** Minor units as money, without the currency's sign where the column says it. */
export function money(minor, currency) {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  const formatter = new Intl.NumberFormat(locale(), style);
  const digits = formatter.resolvedOptions().maximumFractionDigits;
  return formatter.format(minor / 10 ** digits);
}

export const clock = (date) =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(date);

export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

export const cell = (content, className = "") =>
  make("td", { className }, typeof content === "object" ? content : String(content));

export const heading = (content, className = "", colSpan = 1) =>
  make("th", { className, ...(colSpan > 1 ? { colSpan } : {}) }, content);

export const tag = (content, kind = "") => make("span", { className: `tag ${kind}` }, content);

/** A card's content: title, and a table or a sentence. */
export function fill(id, title, note, ...content) {
  byId(id).replaceChildren(make("h2", {}, title, note ? make("small", {}, note) : null), ...content);
}

export const sentence = (content) => make("p", {}, content);

export const table = (headings, rows, foot) =>
  make(
    "div",
    { className: "scroll" },
    make(
      "table",
      {},
      make("thead", {}, ...headings),
      make("tbody", {}, ...rows),
      foot ? make("tfoot", {}, foot) : null,
    ),
  );

const shown = new Map();

/** A number that lights up when it differs from what stood there before. */
export function livelyCell(key, value, className = "") {
  const before = shown.get(key);
  shown.set(key, value);
  const isChanged = before !== undefined && before !== value;
  return cell(
    typeof value === "number" ? number(value) : value,
    `${className}${isChanged ? " changed" : ""}`,
  );
}

export const row = (...cells) => make("tr", {}, ...cells);
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** "中文名 · English name" is shown in the reader's language only. */
export function inLanguage(name) {
  const [zh, en] = name.split(" · ");
  return en === undefined ? name : currentLanguage() === "zh" ? zh : en;
}

/** Of the hub's connections, by id. */
export const shopNames = (hub) =>
  new Map(hub.states.map((state) => [state.connection, inLanguage(state.name)]));

/** A list that was cut at its limit has at least so many. */
export const atMost = (count, limit) => (count === limit ? `${number(count)}+` : number(count));
