import packageJson from "../../package.json" with { type: "json" };

/** The release. */
export const { version } = packageJson;
