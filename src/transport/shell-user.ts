import type { Become } from "../contract/connection.ts";

/** Who a shell belongs to. */
export interface ShellUser {
  readonly host: string;
  readonly loginUser: string | undefined;
  readonly become: Become | undefined;
}
