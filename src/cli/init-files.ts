/** The comment by which the YAML language server finds the schema of a file. */
export function schemaLine(path: string): string {
  return `# yaml-language-server: $schema=${path}\n`;
}

/** The inventory to begin with. */
export const inventoryFile = `# The two servers. Put in your own names; \`mailferry check\` tells what is wrong, without touching a host.
all:
  vars:
    # How to log in: as root with a key, or as a user with sudo (become: true).
    user: root
    # key_file: ~/.ssh/id_ed25519
  children:
    # The server that mail comes from. It is only read, until a stage says otherwise.
    old:
      hosts:
        mail-old.example.org:
          # Without an address the name is looked up.
          address: 192.0.2.10
    # The server that mail goes to.
    new:
      hosts:
        mail-new.example.org:
          address: 192.0.2.20
`;

/** The playbook to begin with: it only looks. */
export const playbookFile = `# A small playbook to begin with: it looks at both servers and changes nothing.
# The whole move of an ISPmail server comes with Mailferry: mailferry check bullseye-to-trixie -i inventory.yml
name: A first look at both servers

stages:
  - name: look
    description: See that both servers are there, and what they run.
    repeatable: true
    plays:
      - name: Look at both servers
        hosts: old,new
        tasks:
          - name: Ask for the size of the mail
            command: du -sh /var/mail
            register: mail
            # It only looks: it never counts as a change, and runs in check mode too.
            changed_when: false
            check_mode: false
            ignore_errors: true

          - name: Tell what is there
            debug:
              msg: "{{inventory_hostname}} runs {{facts.distribution}} {{facts.distribution_version}}; mail: {{mail.stdout}}"
            when: "!mail.failed"
`;
