/**
 * Directories of mail, its queues and its databases, as mail servers on Debian have them, and as users' homes have them.
 * Inside of a regular expression. What only begins like one counts too (`/var/vmail.old`), unless it is another word.
 */
export const mailPlaces = String.raw`(?:(?:/var/v?mail|/var/spool/(?:mail|postfix|exim4)|/var/qmail|/var/lib/(?:mysql|redis)|/srv/v?mail|/home/vmail|\b(?:Maildirs?|[ms]dbox)|(?<=/)\.maildir)(?![a-z]|\.conf\b))`;

/** Variables that are called after such a directory. */
export const mailVariable = "(?:vmail|maildir|mail_dir|mail_location|mail_spool)";

/** A command of doveadm that deletes messages. Inside of a regular expression. */
export const deletingDoveadm = String.raw`\bdoveadm\s(?:-\S+\s+)*(?:expunge|mailbox\s+delete|backup|sync\s+(?:\S+\s+)*-1)\b`;

/** True for such a directory, and for all in it. `more`: further directories. */
export function isMailPath(path: string, more: readonly string[] = []): boolean {
  return placePattern.test(path) || more.some((place) => isWithin(path, place));
}

/** True for a directory that has such a place below it. */
export function holdsMailPlace(path: string, more: readonly string[] = []): boolean {
  return [...knownPlaces, ...more].some((place) => place !== path && isWithin(place, path));
}

/**
 * The directories of mail that variables name: `vmail_directory: /data/store`, `mail_location: maildir:/data/%d`. A variable
 * that says more of it (`mail_location_file`) is about something else.
 */
export function mailDirectoriesIn(variables: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (!namePattern.test(name) || typeof value !== "string") return [];
    const [, path] = /^(?:\w+:)?(\/[^:%~\s]+)/.exec(value) ?? [];
    return path === undefined ? [] : [path.replace(/(?<=.)\/+$/, "")];
  });
}

const placePattern = new RegExp(mailPlaces);
const namePattern = new RegExp(`${mailVariable}s?(?:_(?:directory|dir|home|root|path))?$`);

/** Those that have one path on every host. */
const knownPlaces = [
  ...["/var/mail", "/var/vmail", "/var/spool/mail", "/var/spool/postfix", "/var/spool/exim4", "/var/qmail"],
  ...["/var/lib/mysql", "/var/lib/redis", "/srv/mail", "/srv/vmail", "/home/vmail"],
];

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === "/" ? outer : `${outer}/`);
}
