/** What a host of a lab is made from. `files/<name>/` holds its `packages.txt`, its `provision.sh` and what that installs. */
export interface LabImage {
  readonly name: string;
  readonly suite: "bullseye" | "bookworm" | "trixie";
  /** A script of `files/` that runs on this machine on the fresh Debian, while apt still works in it. */
  readonly baseHook?: string | undefined;
  /** systemd units that run once the host has booted. */
  readonly units: readonly string[];
  /** TCP ports that are open then. */
  readonly ports: readonly number[];
}
