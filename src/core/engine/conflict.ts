/** The database does not look as the batch saw it (another process was faster): read and decide again. */
export class BatchConflict extends Error {}
