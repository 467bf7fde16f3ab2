// Speaks SMTP, IMAP and POP3 from inside a lab's network, where the tests themselves are not:
// `node mail-client.mjs send|read|list|change JSON`. Prints what it learned as JSON.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";

const [, , command, text] = process.argv;
const options = JSON.parse(text);
const tls =
  options.caFile === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(options.caFile) };
const commands = { send, read, list, change };
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

/** Logs in by IMAP over TLS, and does what users do: `fill` makes folders with mail, `work` changes all that, `clear` leaves none. */
async function change() {
  const { host, user, pass, what } = options;
  const login = { auth: { user, pass }, tls, logger: false };
  const client = new ImapFlow({ host, port: 993, secure: true, ...login });
  const fill = async (folder, count) => {
    await client.mailboxCreate(folder);
    for (let number = 1; number <= count; number += 1) {
      await client.append(folder, `Subject: ${folder} ${number}\r\n\r\nhello\r\n`);
    }
  };
  try {
    await client.connect();
    if (what === "fill") {
      for (const [folder, count] of [
        ["Tried", 12],
        ["Tried too", 2],
        ["R\u00e4tsel", 3],
      ])
        await fill(folder, count);
    } else if (what === "work") {
      await client.mailboxOpen("Tried");
      await client.messageFlagsAdd("1:3", ["\\Seen", "\\Flagged"]);
      await client.messageFlagsAdd("2", ["Project"]);
      await client.messageCopy("6:7", "Tried too");
      await client.messageDelete("8:9");
      await client.messageMove("4:5", "Tried too");
      await client.mailboxClose();
      await client.mailboxRename("Tried too", "Renamed");
      await client.mailboxDelete("R\u00e4tsel");
      await fill("Come since", 1);
    } else {
      for (const folder of ["Tried", "Renamed", "Come since"]) await client.mailboxDelete(folder);
      for (const folder of ["Tried", "Tried too", "R\u00e4tsel", "Come since"])
        await client.mailboxUnsubscribe(folder);
    }
    const folders = await client.list({ statusQuery: { messages: true } });
    await client.logout();
    return Object.fromEntries(folders.map(({ path, status }) => [path, status?.messages]));
  } finally {
    client.close();
  }
}

/** Logs in by POP3 over TLS and lists the unique ids. */
async function list() {
  const { host, user, pass, servername } = options;
  const socket = connect({ host, port: 995, servername, ...tls });
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const said = async () => (await lines.next()).value ?? "the connection was closed";
  const ask = async (command) => {
    socket.write(`${command}\r\n`);
    const answer = await said();
    if (!answer.startsWith("+OK")) throw new Error(answer);
  };
  try {
    await said();
    await ask(`USER ${user}`);
    await ask(`PASS ${pass}`);
    await ask("UIDL");
    const uidls = [];
    for (let line = await said(); line !== "."; line = await said()) {
      const [, uidl] = /^[0-9]+ (\S+)$/.exec(line) ?? [];
      if (uidl === undefined) throw new Error(line);
      uidls.push(uidl);
    }
    await ask("QUIT");
    return { loggedIn: true, uidls };
  } catch (error) {
    return { loggedIn: false, response: error.message };
  } finally {
    socket.destroy();
  }
}
