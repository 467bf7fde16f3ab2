import { absolutePath } from "../argument-schemas.ts";

/** The argument of both modules that says where new's mail lies when its Dovecot keeps it in another format. */
export const mergeSource = absolutePath(
  "The Maildirs on the new host that `dsync_export` made of its mail, where that is kept in another format. Messages are the same by their GUID then, and their files' sizes don't count. Left out, new's mail lies where old's does.",
);
