/** Where the environment may hold a secret of a connector: webhookSecret -> SLUICE_SECRET_WEBHOOK_SECRET. */
export const secretVariable = (field: string): string =>
  `SLUICE_SECRET_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
