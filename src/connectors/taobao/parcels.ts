/**
 * Parcels have no id on the platform. One trade has one parcel per waybill, so these two name it, in what is pushed as in what is
 * pulled; goods sent without a waybill are one parcel.
 */
export const parcelId = (tid: string, waybill: string): string => `${tid}-${waybill || "none"}`.slice(0, 256);
