/**
 * Just enough of the Postgres wire protocol (version 3) to see where messages begin and end, what a request asks, and how
 * it was answered. https://www.postgresql.org/docs/current/protocol-message-formats.html
 *
 * A request is what one Sync or one simple Query closes; the server answers each with one ReadyForQuery, in order.
 */

/** A message with its type (one ASCII letter; empty for the untyped ones a session starts with) and all its bytes. */
export interface Message {
  readonly type: string
  readonly bytes: Buffer
}

/** What an untyped first message asks for. */
export const SSL_REQUEST = 80877103
export const GSS_REQUEST = 80877104
export const CANCEL_REQUEST = 80877102

/** Cuts a stream of bytes into messages. */
export class Messages {
  #rest: Buffer = Buffer.alloc(0)
  /** How the next message is framed: `untyped` has a length first, `single` is one byte (the answer to SSL_REQUEST). */
  framing: "typed" | "untyped" | "single" = "typed"

  add(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
  }

  /** Null: the next one is not whole yet. */
  next(): Message | null {
    const typeLength = this.framing === "typed" ? 1 : 0
    if (this.framing !== "single" && this.#rest.length < typeLength + 4) return null
    const length = this.framing === "single" ? 1 : typeLength + this.#rest.readInt32BE(typeLength)
    if (this.#rest.length < length || this.#rest.length === 0) return null
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return { type: String.fromCharCode(...bytes.subarray(0, typeLength)), bytes }
  }

  /** What is left, when messages are of no more interest. */
  rest(): Buffer {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return rest
  }
}

/** The zero-terminated text at this place, and the place behind it. */
const textAt = (bytes: Buffer, at: number): readonly [text: string, next: number] => {
  const end = bytes.indexOf(0, at)
  return [bytes.toString("utf8", at, end), end + 1]
}

/** The code of an untyped message; above 3.0 it is a version. */
export const codeOf = (startup: Buffer): number => startup.readInt32BE(4)

/** The names and values a session starts with. */
export const settingsOf = (startup: Buffer): Readonly<Record<string, string>> => {
  const settings: Record<string, string> = {}
  for (let at = 8; at < startup.length && startup[at] !== 0; ) {
    const [name, afterName] = textAt(startup, at)
    const [value, afterValue] = textAt(startup, afterName)
    settings[name] = value
    at = afterValue
  }
  return settings
}

/** Of a Parse: under which name which statement is prepared. */
export const parseOf = (bytes: Buffer): { readonly name: string; readonly sql: string } => {
  const [name, next] = textAt(bytes, 5)
  return { name, sql: textAt(bytes, next)[0] }
}

/** Of a Query: its text. */
export const queryOf = (bytes: Buffer): string => textAt(bytes, 5)[0]

/** Of a Bind: the prepared statement, and the parameters as they travel. */
export const bindOf = (bytes: Buffer): { readonly name: string; readonly parameters: ReadonlyArray<Buffer | null> } => {
  const [, afterPortal] = textAt(bytes, 5)
  const [name, afterName] = textAt(bytes, afterPortal)
  let at = afterName + 2 + 2 * bytes.readInt16BE(afterName)
  const parameters: Array<Buffer | null> = []
  // The count is unsigned; it may be as many as 65,535.
  const count = bytes.readUInt16BE(at)
  at += 2
  for (let index = 0; index < count; index++) {
    const length = bytes.readInt32BE(at)
    at += 4
    parameters.push(length < 0 ? null : bytes.subarray(at, at + length))
    at += Math.max(0, length)
  }
  return { name, parameters }
}

/** Of an ErrorResponse: its SQLSTATE. */
export const stateOf = (bytes: Buffer): string => {
  for (let at = 5; at < bytes.length && bytes[at] !== 0; ) {
    const [value, next] = textAt(bytes, at + 1)
    if (String.fromCharCode(bytes[at]!) === "C") return value
    at = next
  }
  return "?????"
}

/** Of a DataRow: its first column as text; null if it is null. */
export const firstColumnOf = (bytes: Buffer): string | null => {
  const length = bytes.readInt32BE(7)
  return length < 0 ? null : bytes.toString("utf8", 11, 11 + length)
}

/** Of a BackendKeyData: the process id of the server's session. */
export const backendPidOf = (bytes: Buffer): number => bytes.readInt32BE(5)
