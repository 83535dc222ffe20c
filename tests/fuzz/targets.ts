/**
 * The list of fuzz targets.
 * @module
 */
import { chunked } from "./chunked.ts";
import { client } from "./client.ts";
import { commands } from "./commands.ts";
import { detecting } from "./detect.ts";
import { flags } from "./flags.ts";
import { frames, writtenFrames } from "./frames.ts";
import { httpHead } from "./http_head.ts";
import { json } from "./json.ts";
import { lines } from "./lines.ts";
import { messageBody } from "./message_body.ts";
import { pageText } from "./page_text.ts";
import { proxyHeader } from "./proxy_header.ts";
import { search } from "./search.ts";
import { requestIds } from "./request_ids.ts";
import type { Target } from "./target.ts";
import { telnet } from "./telnet.ts";
import { keyFiles, tokens } from "./tokens.ts";
import { utf8 } from "./utf8.ts";
import { webhook } from "./webhook.ts";

export const TARGETS: readonly Target[] = [
  detecting,
  lines,
  telnet,
  utf8,
  httpHead,
  chunked,
  messageBody,
  frames,
  writtenFrames,
  json,
  commands,
  proxyHeader,
  pageText,
  search,
  requestIds,
  flags,
  tokens,
  keyFiles,
  webhook,
  client,
];
