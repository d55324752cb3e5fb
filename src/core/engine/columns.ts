/** Column lists of the statements that read rows for a batch, spelled as the row types spell them. */

export const orderColumns = `o.id, o.connection_id as "connectionId", o.external_id as "externalId", o.status,
  o.told_status as "toldStatus", o.currency, o.total_minor as "totalMinor", o.shipping_minor as "shippingMinor",
  o.discount_minor as "discountMinor", o.platform_discount_minor as "platformDiscountMinor", o.placed_at as "placedAt",
  o.paid_at as "paidAt", o.updated_at as "updatedAt", o.digest, o.booked, o.refunded_minor as "refundedMinor",
  o.held_reason as "heldReason", o.buyer, o.live_session as "liveSession", o.note, o.terms, o.received_at as "receivedAt"`;

export const lineColumns = `l.order_id as "orderId", l.line_no as "lineNo", l.external_line_id as "externalLineId",
  l.sku_id as "skuId", l.units_per as "unitsPer", l.external_sku as "externalSku", l.external_item_id as "externalItemId",
  l.external_variant_id as "externalVariantId", l.title, l.quantity, l.unit_price_minor as "unitPriceMinor",
  l.discount_minor as "discountMinor", l.tax_minor as "taxMinor", l.shipped, l.returned, l.cancelled, l.shortfall,
  l.waiting_since as "waitingSince", l.components`;

export const reservationColumns = `r.id, r.holder_kind as "holderKind", r.holder_id as "holderId", r.line_no as "lineNo",
  r.sku_id as "skuId", r.location_id as "locationId", r.quantity, r.status, r.created_at as "createdAt", r.closed_at as "closedAt"`;

export const stockColumns = `s.sku_id as "skuId", s.location_id as "locationId", s.own, s.on_hand as "onHand", s.reserved,
  s.held_back as "heldBack", s.in_doubt as "inDoubt", s.known_since as "knownSince", s.value_minor as "valueMinor", s.version`;

export const shipmentColumns = `p.id, p.order_id as "orderId", p.external_id as "externalId", p.origin, p.status, p.carrier,
  p.tracking_number as "trackingNumber", p.lines, p.shipped_at as "shippedAt", p.cancelled_at as "cancelledAt"`;

export const refundColumns = `f.id, f.order_id as "orderId", f.external_id as "externalId", f.origin,
  f.amount_minor as "amountMinor", f.shipping_minor as "shippingMinor", f.lines, f.reason, f.refunded_at as "refundedAt"`;

export const holdColumns = `h.id, h.reference, h.lines, h.status, h.expires_at as "expiresAt", h.created_at as "createdAt",
  h.closed_at as "closedAt", h.order_id as "orderId"`;

export const skuColumns = `k.id, k.code, k.kind, k.tax_rate_bp as "taxRateBp",
  case when k.kind = 'bundle' then (select coalesce(jsonb_agg(jsonb_build_object('skuId', b.component_id, 'quantity', b.quantity)
    order by b.component_id), '[]'::jsonb) from bundles b where b.merchant_id = k.merchant_id and b.bundle_id = k.id)
  else '[]'::jsonb end as components`;
