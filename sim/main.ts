import { runSeed } from "./run.ts";
import { openStore } from "./world/store.ts";
const store = await openStore();
const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 10), ops = Number(process.argv[4] ?? 300);
let bad = 0;
for (let seed = from; seed < from + n; seed++) {
  const t = performance.now();
  const r = await runSeed({ seed, operations: ops }, { store });
  const ms = performance.now() - t;
  console.log(seed, r.traceHash.slice(0,8), ms.toFixed(0)+"ms", "stm", r.statements, "orders", r.orders, "virt min", Math.round(r.virtualMs/60000), r.faults.join(","));
  if (r.broken.length && process.env.OUTBOX) console.log(await store.db.query("select kind,status,attempts,requested,not_before,error_kind,error_message from outbox where status<>'done'"), await store.db.query("select name,circuit,circuit_until,status,circuit_failures from connections"), await store.db.query("select * from leases"));
  if (r.broken.length) { bad++; console.log("  BROKEN", r.features.join(", ")); for (const b of r.broken.slice(0,6)) console.log("   ", b.promise, "|", b.detail.slice(0,300)); if (r.logged.length) console.log("   log:", [...new Set(r.logged.map(l=>l.replace(/^hub\d+ /,'')))].slice(0,6).join(" || ")); }
}
console.log("bad", bad);
await store.close();
