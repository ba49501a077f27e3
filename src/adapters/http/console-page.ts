/**
 * The console (`/console`): one page for people on call. What it shows it asks of `/v1/admin/console`, and of the API. Its files are
 * read when it is asked for first.
 */
import { readFileSync } from "node:fs"
import * as Html from "./html.ts"

const file = (name: string): string => readFileSync(new URL(`./console/${name}`, import.meta.url), "utf8")

export const html = (): Html.Document =>
  Html.document("Jaego", { style: file("style.css"), body: file("index.html"), script: file("script.js") })
