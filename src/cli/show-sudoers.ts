import type { InventoryHost } from "../language/model/inventory.ts";
import type { Playbook } from "../language/model/playbook.ts";
import type { Source } from "../language/model/source.ts";
import type { TaskNode } from "../language/model/task.ts";
import { sudoersLines } from "../transport/sudoers.ts";
import type { CommandContext } from "./context.ts";
import { loadProject, type Project } from "./load-project.ts";
import type { MigrationOptions } from "./options.ts";

/** `mailferry doctor --sudoers`: a file that `visudo -c` takes, the same for all hosts of the inventory. */
export async function showSudoers(
  playbookGiven: string,
  options: MigrationOptions,
  context: CommandContext,
): Promise<number> {
  const project = await loadProject(playbookGiven, options, context);
  const { rootLogin } = project.playbook;
  const lines = rootLogin === undefined ? sudoersFile(project) : noSudoersFile(project, rootLogin);
  context.out(context.redactor.clean(lines.join("\n")));
  return 0;
}

/** Comments alone: as a sudoers file it gives nobody any rights. */
function noSudoersFile({ playbook }: Project, reason: string): readonly string[] {
  const comments = [
    `${playbook.name} can't do without a login as root, so there are no lines for sudo.`,
    reason,
    "docs/least-privilege.md says what to do instead.",
  ];
  return [...comments.map(comment), ""];
}

function sudoersFile({ inventory, playbook }: Project): readonly string[] {
  const hosts = [...inventory.hosts.values()].filter(({ spec }) => spec.connection === "ssh");
  const comments = [
    `The least rights for ${playbook.name}.`,
    `For ${namesOf(hosts)}, as /etc/sudoers.d/mailferry, mode 0440, once \`visudo -cf FILE\` finds it good.`,
    ...loginUsers(hosts).map((user) => `There: useradd --create-home --shell /bin/sh ${user}`),
    "The controller's public key belongs into ~/.ssh/authorized_keys of that user, and of nobody else.",
    "sshd_config: PermitRootLogin forced-commands-only (new reads old as root, by a key that starts one command).",
    `Inventory: user: ${loginUsers(hosts).join(" or ")}, become: true`,
    "/bin/sh as root can do everything: docs/least-privilege.md says what this protects from.",
  ];
  const lines = loginUsers(hosts).flatMap((loginUser) => {
    const own = hosts.filter((host) => loginUserOf(host) === loginUser);
    const named = usersNamed(playbook);
    const becomeUsers = named === undefined ? undefined : [...named, ...own.map((host) => host.becomeUser)];
    const asksPassword = own.some(({ becomePassword }) => becomePassword !== undefined);
    return sudoersLines({ loginUser, becomeUsers, asksPassword });
  });
  return [...comments.map(comment), ...lines, ""];
}

/** A name of several lines must not make a line of its own. */
function comment(text: string): string {
  return `# ${text.replaceAll(/\s+/g, " ").trim()}`;
}

function namesOf(hosts: readonly InventoryHost[]): string {
  return hosts.map(({ name }) => name).join(", ");
}

function loginUsers(hosts: readonly InventoryHost[]): string[] {
  return [...new Set(hosts.map(loginUserOf))];
}

/** Who is root in the inventory so far will be somebody else. */
function loginUserOf({ spec: { user = "root" } }: InventoryHost): string {
  return user === "root" ? "mailferry" : user;
}

/** Whom plays and tasks become; undefined where that is only known during a run. */
function usersNamed({ stages }: Playbook): readonly string[] | undefined {
  const plays = stages.flatMap((stage) => [...stage.plays, ...stage.rollback]);
  const named = plays.flatMap((play) => [
    play.becomeUser,
    ...[...play.tasks, ...play.handlers].flatMap(namedIn),
  ]);
  const users = named.filter((user) => user !== undefined);
  return users.every((user) => typeof user === "string") ? users : undefined;
}

/** An include whose name is a template may become anybody, too: it stands for a template of a user. */
function namedIn(node: TaskNode): (string | Source | undefined)[] {
  if (node.kind !== "block") return [node.becomeUser];
  const inside = [...node.block, ...node.rescue, ...node.always].flatMap(namedIn);
  return [node.becomeUser, ...(node.gate?.late?.names ?? []), ...inside];
}
