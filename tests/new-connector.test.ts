import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** What `npm run new:connector` writes, into a project of its own. */

const here = join(import.meta.dirname, "..");
const list = "src/connectors/platforms.ts";
const before =
  'export { amazon } from "./amazon/index.ts";\nexport { woocommerce } from "./woocommerce/index.ts";\n';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-connector-"));
  mkdirSync(join(root, "src/connectors"), { recursive: true });
  writeFileSync(join(root, list), `/** Every platform. */\n${before}`);
});
afterEach(() => rmSync(root, { recursive: true }));

const begin = (name: string) =>
  spawnSync(process.execPath, [join(here, "scripts/new-connector.ts"), name], {
    env: { ...process.env, SLUICE_ROOT: root },
    encoding: "utf8",
  });
const files = (): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

describe("a new connector", () => {
  it("touches its folder, its fake, its fixtures and one line", () => {
    const { status, stdout } = begin("my-platform-2");
    expect(status).toBe(0);
    expect(stdout).toContain('-t "my-platform-2 keeps"');
    expect(files().filter((path) => !path.includes("/my-platform-2/"))).toEqual([list]);
    const lines = readFileSync(join(root, list), "utf8").split("\n");
    expect(lines).toContain('export { myPlatform2 } from "./my-platform-2/index.ts";');
    expect(lines.filter((line) => !line.includes("my-platform-2")).join("\n")).toBe(
      `/** Every platform. */\n${before}`,
    );
  });

  it("is written as the linter wants it", () => {
    begin("my-platform");
    writeFileSync(join(root, "biome.json"), JSON.stringify(biomeWithoutGit()));
    const { status, stdout, stderr } = spawnSync(
      join(here, "node_modules/.bin/biome"),
      ["check", "src", "tests"],
      {
        cwd: root,
        encoding: "utf8",
      },
    );
    expect(status, `${stdout}${stderr}`).toBe(0);
  });

  it.each(["", "x", "My-Platform", "my--platform", "my-", "-my", "2platform", "../my", "a".repeat(32)])(
    "refuses %j as a name, and writes nothing",
    (name) => {
      const { status, stderr } = begin(name);
      expect(status).toBe(1);
      expect(stderr).toContain("lower-case letters, digits and hyphens");
      expect(files()).toEqual([list]);
    },
  );

  it("is begun once", () => {
    begin("my-platform");
    const mine = join(root, "src/connectors/my-platform/map.ts");
    writeFileSync(mine, "// mine");
    const written = files();
    const lines = readFileSync(join(root, list), "utf8");
    const { status, stderr } = begin("my-platform");
    expect(status).toBe(1);
    expect(stderr).toContain("nothing was written");
    expect(readFileSync(mine, "utf8")).toBe("// mine");
    expect(files()).toEqual(written);
    expect(readFileSync(join(root, list), "utf8")).toBe(lines);
  });
});

/** The project's own rules; the folder of the test is no repository and has no package of its own. */
function biomeWithoutGit(): object {
  const rules = JSON.parse(readFileSync(join(here, "biome.json"), "utf8"));
  delete rules.$schema;
  delete rules.vcs;
  delete rules.linter.rules.correctness.noUndeclaredDependencies;
  return rules;
}
