/** The methods an address takes, for the answer 405 and its Allow header; empty when there is nothing there. */
export function methodsAt(routes: readonly { method: string; path: string }[], path: string): string[] {
  const fitting = routes.filter((route) => patternOf(route.path).test(path)).map((route) => route.method);
  const methods = new Set(fitting);
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort();
}

const patternOf = (route: string): RegExp =>
  new RegExp(`^${route.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:\w+/g, "[^/]+")}$`);
