/** What the hub refused, as one kind of error, and how it is told in plain words. */
import { dictionary, type Say } from "../language/language";

export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly param: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

/** Reads `{error:{message, code, param?}}`, or a sentence as `error`; anything else becomes a fault that names the status. */
export function faultOf(response: Response, body: unknown): Fault {
  const told = isRecord(body) ? body.error : undefined;
  const error = isRecord(told) ? told : { message: told };
  const text = (value: unknown): string | null => (typeof value === "string" && value ? value : null);
  const retry = Number(response.headers.get("retry-after"));
  return new Fault(
    response.status,
    text(error.code) ?? `status_${response.status}`,
    text(error.message) ?? `HTTP ${response.status}`,
    text(error.param),
    Number.isFinite(retry) && retry > 0 ? retry : null,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export const faultWords = dictionary({
  away: ["The hub does not answer. Check your connection and try again.", "无法连接到 Hub，请检查网络后重试。"],
  refused: ["The email or the password is not right.", "邮箱或密码不正确。"],
  often: ["Too many attempts. Try again in {seconds} seconds.", "尝试次数过多，请在 {seconds} 秒后重试。"],
  forbidden: ["You may not do this: {message}", "没有权限：{message}"],
  linkInvalid: ["This link is not valid. Ask for a new one.", "链接无效，请重新获取。"],
  linkExpired: ["This link has expired. Ask for a new one.", "链接已过期，请重新获取。"],
  linkUsed: ["This link was already used. Sign in, or ask for a new one.", "链接已被使用。请直接登录或重新获取。"],
  ended: ["Your session has ended. Sign in again.", "登录已失效，请重新登录。"],
  passkey: ["No passkey was used. Try again, or choose another way.", "未使用通行密钥，请重试或换一种方式。"],
});

export function explain(error: unknown, say: Say): string {
  if (error instanceof Fault) return explainFault(error, say);
  if (error instanceof TypeError) return say(faultWords.away);
  if (error instanceof DOMException || (error instanceof Error && error.name.endsWith("Error") && "code" in error)) {
    return say(faultWords.passkey);
  }
  return error instanceof Error ? error.message : String(error);
}

function explainFault(fault: Fault, say: Say): string {
  switch (fault.code) {
    case "sign_in_refused":
      return say(faultWords.refused);
    case "too_many_attempts":
      return say(faultWords.often, { seconds: fault.retryAfterS ?? 60 });
    case "link_invalid":
      return say(faultWords.linkInvalid);
    case "link_expired":
      return say(faultWords.linkExpired);
    case "link_used":
      return say(faultWords.linkUsed);
  }
  if (fault.status === 401) return say(faultWords.ended);
  if (fault.status === 403) return say(faultWords.forbidden, { message: sentence(fault.message) });
  return sentence(fault.message);
}

/** The hub writes its refusals as half sentences; a page says them whole. */
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?。！？]$/.test(whole) ? whole : `${whole}.`;
}
