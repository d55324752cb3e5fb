import type { NewTask } from "../../core/tasks.ts";

export const quarantineTaskKind = "quarantined_orders";

/** One open task per connection, however many deliveries or orders wait. */
export const quarantineTask = (connection: { id: string; name: string }): NewTask => ({
  kind: quarantineTaskKind,
  subject: connection.id,
  message: `Orders or deliveries of "${connection.name}" could not be used and are kept aside. Look at the reasons, and retry the quarantined deliveries of this connection once the cause is gone.`,
});
