import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import type { SkuKind } from "../model/catalogue.ts";

/** What bundles are made of. Bundles of bundles are refused: one level is enough to sell, and always computable. */

export interface PlannedComponent {
  bundleId: string;
  componentId: string;
  quantity: number;
}

interface Planned {
  id: string;
  code: string;
  kind: SkuKind;
  components: readonly { sku: string; quantity: number }[];
}

/**
 * The components of these SKUs with their ids. Throws `unknown_sku` for one that neither exists nor stands in the set
 * itself, `invalid_request` for a bundle or for one named twice.
 */
export async function checkComponents(
  tx: Sql,
  merchantId: string,
  skus: readonly Planned[],
): Promise<PlannedComponent[]> {
  const bundles = skus.filter((sku) => sku.components.length > 0);
  if (bundles.length === 0) return [];
  const known = new Map(skus.map((sku) => [sku.code, { id: sku.id, kind: sku.kind }]));
  const wanted = [
    ...new Set(bundles.flatMap((bundle) => bundle.components.map((component) => component.sku))),
  ];
  const stored = await tx.query<{ id: string; code: string; kind: SkuKind }>(
    `select s.id, s.code, s.kind from unnest($2::text[]) as w (code)
     cross join lateral (select id, code, kind from skus where merchant_id = $1 and code = w.code limit 1) as s`,
    [merchantId, wanted.filter((code) => !known.has(code))],
  );
  for (const { id, code, kind } of stored) known.set(code, { id, kind });
  return bundles.flatMap((bundle) => planComponents(bundle, known));
}

function planComponents(
  bundle: Planned,
  known: ReadonlyMap<string, { id: string; kind: SkuKind }>,
): PlannedComponent[] {
  const seen = new Set<string>();
  return bundle.components.map(({ sku, quantity }) => {
    const component = known.get(sku);
    if (!component) {
      throw new SluiceError(
        "unknown_sku",
        `Bundle "${bundle.code}" contains "${sku}", which does not exist; create that SKU first.`,
        {
          details: { sku },
        },
      );
    }
    if (component.kind === "bundle") {
      throw new SluiceError(
        "invalid_request",
        `Bundle "${bundle.code}" contains the bundle "${sku}"; list that bundle's components instead.`,
      );
    }
    if (seen.has(sku)) {
      throw new SluiceError(
        "invalid_request",
        `Bundle "${bundle.code}" names "${sku}" twice; give it once with the whole quantity.`,
      );
    }
    seen.add(sku);
    return { bundleId: bundle.id, componentId: component.id, quantity };
  });
}

export async function insertComponents(
  tx: Sql,
  merchantId: string,
  components: readonly PlannedComponent[],
): Promise<void> {
  if (components.length === 0) return;
  await tx.query(
    `insert into bundles (merchant_id, bundle_id, component_id, quantity)
     select $1::uuid, c.* from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as c (bundle_id, component_id, quantity)`,
    [
      merchantId,
      components.map((component) => component.bundleId),
      components.map((component) => component.componentId),
      components.map((component) => component.quantity),
    ],
  );
}
