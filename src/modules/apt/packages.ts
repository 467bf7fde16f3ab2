import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";

/** Versions of those packages that are installed whole. */
export async function installedVersions(
  names: readonly string[],
  host: HostReader,
): Promise<Map<string, string>> {
  const argv = [
    "dpkg-query",
    "--show",
    "--showformat=${Package}\\t${db:Status-Status}\\t${Version}\\n",
    "--",
    ...names,
  ];
  const { exitCode, stdout } = await host.probe(argv, { accept: [0, 1, 127] });
  if (exitCode === 127) {
    throw new Failure("task-failed", `apt needs Debian, or a system made from it; ${host.name} has no dpkg`, {
      host: host.name,
      next: "Use `command` with the host's own package manager.",
    });
  }
  const lines = stdout.toString("utf8").split("\n");
  const rows = lines.map((line) => line.split("\t")).filter(([, status]) => status === "installed");
  return new Map(rows.map(([name = "", , version = ""]) => [name, version]));
}

/** What apt would do, told by apt itself. undefined: it knows no package of that name. */
export interface Simulation {
  readonly installs: readonly string[];
  readonly removes: readonly string[];
}

/** Asks apt what it would do, changing nothing. The second value is apt's own error when it can't say. */
export async function simulate(
  words: readonly string[],
  host: HostReader,
): Promise<Simulation | { readonly error: string }> {
  const { exitCode, stdout, stderr } = await host.probe(["apt-get", "--simulate", ...words], {
    accept: [0, 100],
    environment: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
  });
  if (exitCode !== 0) return { error: stderr.toString("utf8").trim() };
  const lines = stdout.toString("utf8").split("\n");
  const named = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(" ")[1] ?? "");
  return { installs: named("Inst"), removes: [...named("Remv"), ...named("Purg")] };
}
