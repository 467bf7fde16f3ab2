import { type ModuleRegistry, registered, type TaskModule } from "../contract/module.ts";

/** Every module, by its key in a task. A run loads only those that its playbook uses. */
const loaders: Readonly<Record<string, () => Promise<TaskModule>>> = {
  checklist: async () => registered((await import("./checklist.ts")).checklist),
  command: async () => registered((await import("./command.ts")).command),
  copy: async () => registered((await import("./copy.ts")).copy),
  file: async () => registered((await import("./file.ts")).file),
  lineinfile: async () => registered((await import("./lineinfile.ts")).lineinfile),
  mariadb_copy: async () => registered((await import("./mariadb-copy/mariadb-copy.ts")).mariadbCopy),
  service: async () => registered((await import("./service.ts")).service),
  shell: async () => registered((await import("./shell.ts")).shell),
  sql: async () => registered((await import("./sql.ts")).sql),
  sql_query: async () => registered((await import("./sql-query.ts")).sqlQuery),
  stat: async () => registered((await import("./stat.ts")).stat),
  template: async () => registered((await import("./template.ts")).template),
};

/** The modules that come with Mailferry. */
export const moduleRegistry: ModuleRegistry = {
  names: Object.keys(loaders).sort(),
  load: async (name) => (Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined),
};
