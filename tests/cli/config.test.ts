import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";

describe("configuration", () => {
  it("has a default for everything but the key", () => {
    expect(readConfig({})).toEqual({
      databaseUrl: undefined,
      dataDir: "./data",
      key: undefined,
      allowUnsafe: false,
      maxConnections: 10,
      publicUrl: undefined,
      port: 8787,
      host: "127.0.0.1",
      logLevel: "info",
    });
  });

  it("reads what is set, and takes an empty variable as not set", () => {
    const config = readConfig({
      DATABASE_URL: "postgresql://hub@db/sluice",
      SLUICE_DATA_DIR: "",
      SLUICE_PUBLIC_URL: "https://hub.example.com/",
      PORT: "0",
      LOG_LEVEL: " warn ",
      SLUICE_MAX_CONNECTIONS: "40",
    });
    expect(config).toMatchObject({
      databaseUrl: "postgresql://hub@db/sluice",
      dataDir: "./data",
      publicUrl: "https://hub.example.com",
      port: 0,
      logLevel: "warn",
      maxConnections: 40,
    });
  });

  it.each([
    [{ PORT: "80a" }, 'PORT is "80a", but must be a whole number from 0 to 65535.'],
    [{ PORT: "70000" }, 'PORT is "70000", but must be a whole number from 0 to 65535.'],
    [
      { LOG_LEVEL: "loud" },
      'LOG_LEVEL is "loud", but must be one of trace, debug, info, warn, error, fatal, silent.',
    ],
    [
      { SLUICE_PUBLIC_URL: "hub.example.com" },
      'SLUICE_PUBLIC_URL is "hub.example.com", but must be an http or https address without query, such as https://hub.example.com.',
    ],
    [
      { PORT: "x", SLUICE_MAX_CONNECTIONS: "0" },
      'SLUICE_MAX_CONNECTIONS is "0", but must be a whole number from 1 to 500. PORT is "x", but must be a whole number from 0 to 65535.',
    ],
  ])("names what is wrong and what is expected: %j", (environment, message) => {
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({ code: "configuration", message }),
    );
  });

  it("never shows an address that may hold a password", () => {
    const secret = "mysql://user:hunter2@db/sluice";
    expect(() => readConfig({ DATABASE_URL: secret })).toThrow(
      "DATABASE_URL cannot be used: it must be a PostgreSQL address, such as postgres://user:password@127.0.0.1:5432/sluice; leave it out for the embedded database.",
    );
  });
});
