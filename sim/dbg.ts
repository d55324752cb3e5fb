import { runSeed } from "./run.ts";
import { openStore } from "./world/store.ts";
const store = await openStore();
const r = await runSeed({ seed: Number(process.argv[2]), operations: Number(process.argv[3]??300), without: (process.argv[4]??"").split(",") }, { store, keepTrace: true });
for (const l of r.trace) console.log(l);
for (const l of r.logged) console.log("LOG", l);
for (const b of r.broken) console.log(b.promise, "|", b.detail);
await store.close();
