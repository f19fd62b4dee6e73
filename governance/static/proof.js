// Verifies a receipt (C2SP tlog-proof) in the browser: hashes, path and signature, with WebCrypto and nothing else.
// The rules are those of registry/ledger/tiles.py and notes.py, and of the client; the same published vectors test them.

const utf8 = new TextEncoder();
const HEADER = "c2sp.org/tlog-proof@v1";
const LONGEST = 65535;

export class Wrong extends Error {}
export class CannotSay extends Error {}

const refuse = (sentence) => { throw new Wrong(sentence); };
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);

export function bytesOf(base64) {
  let text;
  try { text = atob(base64); } catch { refuse("Something that should be base64 is not."); }
  if (btoa(text) !== base64) refuse("Something that should be base64 is not in its one form.");
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

function whole(text) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) >= 1n << 63n) refuse("An index or a size is no whole number.");
  return BigInt(text);
}

function cryptography() {
  if (!globalThis.crypto?.subtle) throw new CannotSay("This browser lets pages compute hashes over HTTPS only. Open this page over HTTPS, or verify the downloaded receipt with the client.");
  return globalThis.crypto.subtle;
}

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return new Uint8Array(await cryptography().digest("SHA-256", whole));
}

export const leafHash = (body) => sha256(Uint8Array.of(0), body);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// The root that an audit path leads to (RFC 9162, 2.1.3.2); null when it is no path of that place. Numbers are BigInt.
export async function rootByPath(leaf, index, size, path) {
  if (index < 0n || index >= size || leaf.length !== 32) return null;
  let place = index, last = size - 1n, found = leaf;
  for (const node of path) {
    if (last === 0n || node.length !== 32) return null;
    if (place & 1n || place === last) {
      found = await nodeHash(node, found);
      while (!(place & 1n) && place) { place >>= 1n; last >>= 1n; }
    } else {
      found = await nodeHash(found, node);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? found : null;
}

// A verifier key as others pin it: name+hash+base64, Ed25519 only.
export async function readKey(text) {
  const parts = text.trim().split("+");
  const name = parts[0], claimed = parts[1] ?? "", typed = bytesOf(parts.slice(2).join("+"));
  if (!name || /\s/.test(name) || typed.length !== 33 || typed[0] !== 1) refuse("The key is no Ed25519 key of the form name+hash+base64.");
  const id = (await sha256(utf8.encode(`${name}\n`), typed)).slice(0, 4);
  if (hex(id) !== claimed) refuse("The key does not have the hash that it names. Was it copied whole?");
  return { name, id, raw: typed.slice(1) };
}

export function readNote(text) {
  const cut = text.lastIndexOf("\n\n");
  if (cut < 0 || !text.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(text)) refuse("The checkpoint is no signed note.");
  const signatures = text.slice(cut + 2, -1).split("\n").map((line) => {
    const parts = /^— (\S+) (\S+)$/u.exec(line) ?? refuse("A signature line reads «— name base64».");
    const data = bytesOf(parts[2]);
    if (data.length < 5) refuse("A signature is longer than the hash of its key.");
    return { name: parts[1], id: data.slice(0, 4), made: data.slice(4) };
  });
  return { text: text.slice(0, cut + 1), signatures };
}

export function readCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || lines.some((line) => !line)) refuse("A checkpoint has three lines: origin, size, root.");
  const root = bytesOf(lines[2]);
  if (root.length !== 32) refuse("The third line of a checkpoint is a SHA-256 in base64.");
  return { origin: lines[0], size: whole(lines[1]), root };
}

export function readReceipt(text) {
  const cut = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(cut, 0)).split("\n");
  if (cut < 0 || lines.some((line) => utf8.encode(line).length > LONGEST)) refuse("This is no receipt: it has no checkpoint, or a line that is too long.");
  if (lines.shift() !== HEADER) refuse(`This is no receipt: its first line must be ${HEADER}.`);
  const extra = lines[0]?.startsWith("extra ") ? bytesOf(lines.shift().slice(6)) : null;
  const place = /^index (.*)$/.exec(lines.shift() ?? "") ?? refuse("The receipt names no index.");
  const path = lines.map(bytesOf);
  if (path.length > 63 || path.some((node) => node.length !== 32)) refuse("A hash of the path has not 32 bytes.");
  return { body: extra, index: whole(place[1]), path, note: readNote(text.slice(cut + 2)) };
}

async function signedBy(note, key) {
  const mine = note.signatures.find((one) => one.name === key.name && same(one.id, key.id));
  if (!mine) refuse("The checkpoint is not signed by this key.");
  let imported;
  try {
    imported = await cryptography().importKey("raw", key.raw, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error instanceof CannotSay || error.name !== "NotSupportedError") throw error;
    throw new CannotSay("The hashes hold, but this browser does not know Ed25519, so it cannot verify the signature. Use a newer browser, or verify the downloaded receipt with the client.");
  }
  if (!await cryptography().verify("Ed25519", imported, mine.made, utf8.encode(note.text))) refuse("The signature of the checkpoint is not of this text.");
}

// What holds, or throws Wrong with the first thing that does not.
export async function verify(text, vkey) {
  const receipt = readReceipt(text);
  if (!receipt.body) throw new CannotSay("The receipt does not hold the bytes of its entry: they are too many for it. Download it and the entry (the same address with ?part=entry), and verify them with the client: assay verify receipt RECEIPT --entry ENTRY.");
  const key = await readKey(vkey);
  const checkpoint = readCheckpoint(receipt.note.text);
  if (checkpoint.origin !== key.name) refuse("The checkpoint is of another log than the key.");
  let told;
  try { told = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(receipt.body)); } catch { refuse("The bytes in the receipt are no entry."); }
  // Entries name the log without the epoch that it is signed under.
  const log = checkpoint.origin.replace(/\/epoch\/[1-9][0-9]*$/, "");
  if (told?.log !== log || told?.index !== Number(receipt.index)) refuse("The entry says another place or another log than the receipt.");
  const leaf = await leafHash(receipt.body);
  const root = await rootByPath(leaf, receipt.index, checkpoint.size, receipt.path);
  if (!root || !same(root, checkpoint.root)) refuse("The bytes and the path do not lead to the root of the checkpoint.");
  await signedBy(receipt.note, key);
  return { leaf: hex(leaf), root: hex(root), index: receipt.index, size: checkpoint.size, key: vkey.trim(), origin: checkpoint.origin };
}

// The key that this browser verified with before, should this one be another: a new key has to be told of by another way.
function keyBefore(held) {
  const place = `assay-log-key:${held.origin}`, before = localStorage.getItem(place);
  localStorage.setItem(place, held.key);
  return before && before !== held.key ? before : "";
}

function paragraph(text) {
  const element = document.createElement("p");
  element.className = "anywhere";
  element.textContent = text;
  return element;
}

function tell(place, kind, sign, word, sentences) {
  const box = document.createElement("div"), heading = document.createElement("h3");
  box.className = `answer is-${kind}`;
  heading.className = `verdict is-${kind}`;
  heading.textContent = `${sign} ${word}`;
  box.append(heading, ...sentences.map(paragraph));
  place.replaceChildren(box);
}

async function answer(place, receipt, key) {
  try {
    const held = await verify(receipt, key), before = keyBefore(held);
    const sentences = [
      `Entry ${held.index} has the leaf hash ${held.leaf}.`,
      `With the path it gives the root ${held.root} over ${held.size} entries, and this key signed that root.`,
    ];
    if (before) sentences.push(`Last time this browser verified this log with another key: ${before}. Ask, by another way than this service, whether the key was replaced.`);
    tell(place, "passed", "●", "holds", sentences);
  } catch (error) {
    if (error instanceof Wrong) tell(place, "failed", "■", "does not hold", [error.message]);
    else if (error instanceof CannotSay) tell(place, "insufficient", "▲", "cannot be said here", [error.message]);
    else tell(place, "errored", "✕", "could not be verified", ["The browser could not do it. Verify the downloaded receipt with the client."]);
  }
}

const panel = globalThis.document?.querySelector("[data-verify]");
if (panel) {
  const button = panel.querySelector("[data-verify-button]"), place = panel.querySelector("[data-outcome]");
  button.hidden = false;
  panel.querySelector("[data-without-scripts]").hidden = true;
  button.addEventListener("click", () => answer(place, panel.querySelector("#receipt").value, panel.querySelector("#key").value));
}
