/** What the hub refused, as one kind of error, and how it is told in plain words. */
import { dictionary, type Entry, type Say } from "../language/language";

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
  passkeyUnknown: ["This passkey is not known here. Use another, or sign in with your password.", "此处不认识该通行密钥，请换一个或使用密码登录。"],
  localOff: ["Passwords and passkeys are switched off here. Use single sign-on.", "此处已关闭密码和通行密钥登录，请使用单点登录。"],
  connectUnknown: ["There is no such connection request. Start again in the application.", "连接请求不存在，请在应用中重新发起。"],
  connectExpired: ["This connection request has expired. Start again in the application.", "连接请求已过期，请在应用中重新发起。"],
  connectUsed: ["This connection request was already answered.", "该连接请求已处理。"],
  lastOwner: ["This is the last owner. Make somebody else owner first.", "这是最后一位所有者，请先指定其他所有者。"],
  lastWayIn: ["This is the only way in. Add another way to sign in first.", "这是唯一的登录方式，请先添加其他登录方式。"],
  wider: ["A key cannot be allowed more than you are yourself.", "密钥的权限不能超过您自己的权限。"],
  csrf: ["The page was open for too long. Reload it and try again.", "页面打开时间过长，请刷新后重试。"],
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
  if (fault.code === "too_many_attempts") return say(faultWords.often, { seconds: fault.retryAfterS ?? 60 });
  const known = KNOWN[fault.code];
  if (known !== undefined) return say(known);
  if (fault.status === 401 && fault.param === null) return say(faultWords.ended);
  if (fault.status === 403) return say(faultWords.forbidden, { message: sentence(fault.message) });
  return sentence(fault.message);
}

/** The hub's codes whose words are also told in the reader's language. */
const KNOWN: Partial<Record<string, Entry>> = {
  sign_in_refused: faultWords.refused,
  passkey_unknown: faultWords.passkeyUnknown,
  local_sign_in_off: faultWords.localOff,
  link_invalid: faultWords.linkInvalid,
  link_expired: faultWords.linkExpired,
  link_used: faultWords.linkUsed,
  connect_unknown: faultWords.connectUnknown,
  connect_expired: faultWords.connectExpired,
  connect_used: faultWords.connectUsed,
  last_owner: faultWords.lastOwner,
  last_way_in: faultWords.lastWayIn,
  wider_than_yours: faultWords.wider,
  csrf: faultWords.csrf,
};

/** The hub writes its refusals as half sentences; a page says them whole. */
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?。！？]$/.test(whole) ? whole : `${whole}.`;
}
