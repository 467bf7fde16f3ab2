// Speaks SMTP and IMAP from inside a lab's network, where the tests themselves are not:
// `node mail-client.mjs send|read JSON`. Prints what it learned as JSON.
import { readFileSync } from "node:fs";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";

const [, , command, text] = process.argv;
const options = JSON.parse(text);
const tls =
  options.caFile === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(options.caFile) };
const commands = { send, read };
process.stdout.write(`${JSON.stringify(await commands[command]())}\n`);

/** Sends one message; `login` is { user, pass }. */
async function send() {
  const { host, port = 25, from, to, subject, login } = options;
  const transport = createTransport({
    host,
    port,
    secure: port === 465,
    name: "client.example.com",
    auth: login,
    tls: { ...tls, servername: options.servername ?? "" },
  });
  try {
    const { response, messageId } = await transport.sendMail({
      from,
      to,
      subject,
      text: `This is ${subject}.`,
    });
    return { accepted: true, response, messageId };
  } catch (error) {
    return { accepted: false, response: error.response ?? error.message };
  }
}

/** Logs in over TLS and lists a folder: subjects, and the headers that the server added. */
async function read() {
  const { host, user, pass, folder = "INBOX", servername } = options;
  const client = new ImapFlow({
    host,
    port: 993,
    secure: true,
    servername,
    auth: { user, pass },
    tls,
    logger: false,
  });
  try {
    await client.connect();
    const { exists, uidValidity } = await client.mailboxOpen(folder);
    const messages = exists === 0 ? [] : await client.fetchAll("1:*", { envelope: true, headers: true });
    await client.logout();
    return {
      loggedIn: true,
      uidValidity: String(uidValidity),
      subjects: messages.map((message) => message.envelope.subject),
      headers: messages.map((message) => message.headers.toString("utf8")),
    };
  } catch (error) {
    return { loggedIn: false, response: error.responseText ?? error.message };
  } finally {
    // Refused, the connection would stay open and keep this process alive.
    client.close();
  }
}
