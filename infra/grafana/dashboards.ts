/** All dashboards, and the text of their files. */
import { outside } from "./outside.ts"
import { type Board, build } from "./panels.ts"
import { sale } from "./sale.ts"
import { service } from "./service.ts"

export const boards: ReadonlyArray<Board> = [sale, service, outside]

/** By the name of the file. */
export const files = (): ReadonlyMap<string, string> =>
  new Map(boards.map((board) => [board.name, `${JSON.stringify(build(board), null, 2)}\n`]))
