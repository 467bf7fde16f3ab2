/**
 * The mark on a host that mail was copied from, since when as ISO 8601. It stays when the inventory or the state on the
 * controller is another one: a host that bears it holds the original of somebody's mail.
 */
export const copiedFromFile = "/var/lib/mailferry/copied-from";
