import { type ModuleRegistry, registered, type TaskModule } from "../contract/module.ts";

/** Every module, by its key in a task. A run loads only those that its playbook uses. */
const loaders: Readonly<Record<string, () => Promise<TaskModule>>> = {
  apt: async () => registered((await import("./apt.ts")).apt),
  assert: async () => registered((await import("./assert.ts")).assert),
  checklist: async () => registered((await import("./checklist.ts")).checklist),
  command: async () => registered((await import("./command.ts")).command),
  copy: async () => registered((await import("./copy.ts")).copy),
  debug: async () => registered((await import("./debug.ts")).debug),
  dns_records: async () => registered((await import("./dns-records.ts")).dnsRecords),
  dns_update: async () => registered((await import("./dns-update/dns-update.ts")).dnsUpdate),
  doveadm: async () => registered((await import("./doveadm/doveadm.ts")).doveadm),
  doveadm_look: async () => registered((await import("./doveadm/doveadm-look.ts")).doveadmLook),
  dovecot_schemes: async () => registered((await import("./doveadm/dovecot-schemes.ts")).dovecotSchemes),
  fail: async () => registered((await import("./fail.ts")).fail),
  file: async () => registered((await import("./file.ts")).file),
  imap_probe: async () => registered((await import("./imap-probe.ts")).imapProbe),
  imap_proof: async () => registered((await import("./imap-proof/imap-proof.ts")).imapProof),
  latch: async () => registered((await import("./latch.ts")).latch),
  lineinfile: async () => registered((await import("./lineinfile.ts")).lineinfile),
  mail_ledger: async () => registered((await import("./mail-ledger/mail-ledger.ts")).mailLedger),
  mail_proof: async () => registered((await import("./mail-proof.ts")).mailProof),
  mariadb_copy: async () => registered((await import("./mariadb-copy/mariadb-copy.ts")).mariadbCopy),
  pause: async () => registered((await import("./pause.ts")).pause),
  postconf: async () => registered((await import("./postconf.ts")).postconf),
  postqueue: async () => registered((await import("./postqueue.ts")).postqueue),
  prompt: async () => registered((await import("./prompt.ts")).prompt),
  redis_copy: async () => registered((await import("./redis-copy/redis-copy.ts")).redisCopy),
  rsync_pull: async () => registered((await import("./rsync-pull/rsync-pull.ts")).rsyncPull),
  service: async () => registered((await import("./service.ts")).service),
  set_fact: async () => registered((await import("./set-fact.ts")).setFact),
  shell: async () => registered((await import("./shell.ts")).shell),
  smtp_probe: async () => registered((await import("./smtp-probe.ts")).smtpProbe),
  smtp_send: async () => registered((await import("./smtp-send.ts")).smtpSend),
  sql: async () => registered((await import("./sql.ts")).sql),
  sql_query: async () => registered((await import("./sql-query.ts")).sqlQuery),
  stat: async () => registered((await import("./stat.ts")).stat),
  template: async () => registered((await import("./template.ts")).template),
  tls_probe: async () => registered((await import("./tls-probe.ts")).tlsProbe),
  wait_for: async () => registered((await import("./wait-for.ts")).waitFor),
};

/** The modules that come with Mailferry. */
export const moduleRegistry: ModuleRegistry = {
  names: Object.keys(loaders).sort(),
  load: async (name) => (Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined),
};
