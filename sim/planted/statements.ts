import { type Planted, rewriting } from "./planted.ts";

/** Guards taken out of statements on their way to the database. */
export const statementBugs: readonly Planted[] = [
  rewriting(
    "lease without fencing",
    "a process that lost its lease cannot write any more",
    "from leases",
    "and token = $3 and expires_at > $4 for share",
    "and $3::bigint is not null and $4::timestamptz is not null for share",
  ),
  rewriting(
    "change during a push forgotten",
    "a figure that changes while it is sent is sent again",
    "insert into outbox as o",
    "requested = o.requested + 1",
    "requested = o.requested",
  ),
  rewriting(
    "event number skipped",
    "events are numbered without gaps",
    "with numbers as (update merchants",
    "last_event_seq + $2::bigint where",
    "last_event_seq + $2::bigint + 1 where",
  ),
  rewriting(
    "edit downwards ignored",
    "lines follow the newest snapshot",
    "update order_lines t set",
    " quantity = k.quantity",
    " quantity = greatest(t.quantity, k.quantity)",
  ),
  {
    name: "delivery closed when taken",
    removes: "a delivery is closed when its effect is committed",
    make: () => ({
      statement(statement, { did }) {
        const { text } = statement;
        if (!text.includes("insert into inbox (merchant_id") || !text.includes("$7, $8\n")) return statement;
        did();
        return {
          ...statement,
          text: text
            .replace("received_at)", "received_at, status, closed_at)")
            .replace("$7, $8\n", "$7, $8, 'applied', $8\n"),
        };
      },
    }),
  },
  rewriting(
    "released units stay reserved",
    "a reservation is closed with its units",
    "update reservations t set",
    "status = k.status",
    "status = case when k.status = 'released' then t.status else k.status end",
  ),
  rewriting(
    "holds never expire",
    "a hold ends when its time is over",
    "from holds where merchant_id = m.merchant_id and status = 'held'",
    "expires_at <= $1",
    "expires_at <= $1::timestamptz - interval '1000 days'",
  ),
  rewriting(
    "figures never compared",
    "what a shop shows is read back and put right",
    "from listings l left join lateral",
    "and l.id > $3",
    "and l.id > $3 and false",
  ),
  rewriting(
    "waiting lines not served",
    "units that come free go to the lines that wait",
    "order by l.waiting_since nulls last",
    "l.shortfall > 0",
    "l.shortfall > 1000000",
  ),
  rewriting(
    "cost of a parcel halved",
    "stock is worth what its movements say",
    "insert into movements",
    "k.value_minor",
    "k.value_minor / 2",
  ),
  {
    name: "inbox without a unique key",
    removes: "a repeated delivery is stored once",
    make() {
      const known = new Set<string>();
      let made = 0;
      return {
        statement(statement, { did }) {
          const { text, params = [] } = statement;
          if (!text.includes("insert into inbox (merchant_id") || !Array.isArray(params[2])) return statement;
          const ids = (params[2] as string[]).map((id) => {
            if (!known.has(id)) {
              known.add(id);
              return id;
            }
            did();
            made += 1;
            return `${id}#${made}`;
          });
          return { text, params: params.map((value, index) => (index === 2 ? ids : value)) };
        },
      };
    },
  },
  {
    name: "cost dropped on restock",
    removes: "goods that come back carry their cost into the books",
    make: () => ({
      statement(statement, { did }) {
        const { text, params = [] } = statement;
        const datas = params[5];
        if (!text.startsWith("with numbers as (update merchants") || !Array.isArray(datas)) return statement;
        const next = (datas as string[]).map((data) => {
          if (!data.includes('"restocked":[{')) return data;
          did();
          return data.replace(/"restocked":\[[^\]]*\]/g, '"restocked":[]');
        });
        return { text, params: params.map((value, index) => (index === 5 ? next : value)) };
      },
    }),
  },
];
