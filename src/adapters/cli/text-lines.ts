/**
 * The lines of a text file, decoded strictly, one after another (`std/text-lines.ts`).
 *
 * Limits: `LINE_BYTES_MAX` a line. Pipes, devices and folders are refused. Fails: `CommandFailed`, with file, line and column.
 */
import { constants } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { type Line, type Place, TextProblem, read as textLines } from "../../std/text-lines.ts"
import { CommandFailed } from "./command-failed.ts"

/** `place` null: it is about the file as a whole. */
export const problemAt = (file: string, place: Place | null, what: string): CommandFailed =>
  new CommandFailed({
    message: `${file}${place === null ? "" : `, line ${place.line}, column ${place.column}`}: ${what}`,
  })

/** The same of what a reader of texts has thrown; anything else as it is. */
export const placed = (file: string, cause: unknown): unknown =>
  cause instanceof TextProblem ? problemAt(file, cause.place, cause.what) : cause

/** Above what an order of 1,000 long names needs (bytes). */
export const LINE_BYTES_MAX = 1_048_576

const CHUNK_BYTES = 65_536

export interface Options {
  /** A label of the WHATWG Encoding Standard (`latin1`, `utf-16le`, `euc-kr`); null: what the mark says, or UTF-8. */
  readonly encoding: string | null
  readonly signal: AbortSignal
}

const naming = (label: string): string => `--encoding ${label}`

/** Throws `CommandFailed`. */
export async function* read(file: string, { encoding, signal }: Options): AsyncGenerator<Line> {
  const handle = await opened(file)
  try {
    yield* textLines(chunks(handle, signal), { encoding, lineBytesMax: LINE_BYTES_MAX, naming })
  } catch (cause) {
    throw placed(file, cause)
  } finally {
    await handle.close()
  }
}

async function* chunks(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length)
    if (bytesRead === 0) return
    yield chunk.subarray(0, bytesRead)
    signal.throwIfAborted()
  }
}

/** Never waits for the other end of a pipe. */
const opened = async (file: string): Promise<FileHandle> => {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (cause: NodeJS.ErrnoException) => {
      throw problemAt(file, null, cause.code === "ENOENT" ? "there is no such file" : cause.message)
    },
  )
  const kind = await handle.stat()
  if (kind.isFile()) return handle
  await handle.close()
  const what = kind.isDirectory() ? "it is a folder" : "it is no regular file; a pipe or a device may have no end"
  throw problemAt(file, null, what)
}
