import { posix } from "node:path";

/** Links of a page to other files of the project that are not there. Addresses and places within the page are left alone. */
export function linkProblems(file: string, text: string, exists: (path: string) => boolean): string[] {
  const prose = text.replace(/```[\s\S]*?```|`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .map((target) => posix.join(posix.dirname(file), target.replace(/#.*$/, "")))
    .filter((path) => !exists(path))
    .map((path) => `${file} links to ${path}, which does not exist`);
}
