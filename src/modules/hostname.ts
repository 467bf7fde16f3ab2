import type { Change } from "../contract/change.ts";
import { changingModule } from "../contract/module.ts";
import { closed, word } from "./argument-schemas.ts";

export interface HostnameArgs {
  readonly name: string;
}

export interface HostnameChange extends Change {
  readonly name: string;
}

const label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
const file = "/etc/hostname";

/** Names a host. */
export const hostname = changingModule<HostnameArgs, HostnameChange>({
  name: "hostname",
  description:
    "Gives the host its name, now and at boot: by hostnamectl where systemd runs, otherwise by /etc/hostname. " +
    "/etc/hosts is left to other tasks, and `facts` know the name after `setup`. Differs from Ansible: `use` is left out.",
  preview: "exact",
  shorthand: "name",
  args: closed(
    {
      name: {
        ...word("The name, short or with its domain."),
        maxLength: 64,
        pattern: `^${label}(\\.${label})*$`,
      },
    },
    { required: ["name"] },
  ),

  async check({ name }, host) {
    const [atBoot, now] = await Promise.all([host.readText(file), host.probe(["uname", "-n"])]);
    if (atBoot?.trim() === name && now.stdout.toString("utf8").trim() === name) return undefined;
    const diff = atBoot?.trim() === name ? undefined : [{ path: file, before: atBoot, after: `${name}\n` }];
    return { summary: `name the host ${name}`, diff, name };
  },

  touches: () => [],
  async apply({ name }, host, { signal }) {
    if (host.facts.init === "systemd") {
      await host.run(["hostnamectl", "--no-ask-password", "set-hostname", name], { signal });
    } else {
      await host.writeFile(file, `${name}\n`);
      await host.run(["hostname", name], { signal });
    }
    return { result: { name } };
  },

  current: async ({ name }) => ({ name }),
});
