/** Why single sign-on did not work, in plain words: the hub sends a browser back with nothing but a code. */
import { dictionary, type Entry, type Say } from "../language/language";
import { Fault } from "./fault";

const words = dictionary({
  cancelled: [
    "You did not finish signing in at the provider. You can try again.",
    "您未在该服务完成登录，可以重试。",
  ],
  state: [
    "This took too long, or was begun in another browser or session. Start again here.",
    "操作耗时过长，或由其他浏览器、其他会话发起。请在此重新开始。",
  ],
  failed: [
    "Signing in at the provider did not work. Try again, or ask an administrator.",
    "通过该服务登录失败。请重试或联系管理员。",
  ],
  domain: [
    "Email addresses of this domain may not sign in here. Use another account, or ask an administrator.",
    "该域名的邮箱不能在此登录。请换一个账号或联系管理员。",
  ],
  email: [
    "The provider has not verified your email address. Confirm it there, then try again.",
    "该服务尚未验证您的邮箱。请先在该服务完成验证，然后重试。",
  ],
  off: [
    "This provider is not in use here any more. Choose another way, or ask an administrator.",
    "此处已不再使用该服务。请换一种方式或联系管理员。",
  ],
  unreachable: [
    "The provider cannot be reached at the moment. Try again later, or tell an administrator.",
    "暂时无法连接该服务。请稍后重试或告知管理员。",
  ],
  exists: [
    "An account with your email address is here already. Sign in to it another way and link the provider in its profile.",
    "此处已有使用您邮箱的账号。请先用其他方式登录，然后在个人资料中关联该服务。",
  ],
  taken: [
    "Your account at the provider is linked to another user of this hub. It has to be unlinked there first.",
    "您在该服务的账号已关联到此 Hub 的其他用户，需先在那里解除关联。",
  ],
  disabled: ["Your account is disabled. Ask an administrator.", "您的账号已停用，请联系管理员。"],
  often: ["Too many attempts. Try again in a few minutes.", "尝试次数过多，请几分钟后重试。"],
  unreadable: [
    "The hub cannot read its client secret for this provider. An administrator has to enter it again.",
    "Hub 无法读取该服务的客户端密钥，需要管理员重新填写。",
  ],
  unavailable: ["The hub cannot answer at the moment. Try again shortly.", "Hub 暂时无法响应，请稍后重试。"],
});

const KNOWN: Partial<Record<string, Entry>> = {
  sso_cancelled: words.cancelled,
  sso_state: words.state,
  sso_failed: words.failed,
  sso_domain: words.domain,
  sso_email: words.email,
  sso_disabled: words.off,
  sso_unreachable: words.unreachable,
  not_found: words.off,
  account_exists: words.exists,
  identity_taken: words.taken,
  sign_in_refused: words.disabled,
  rate_limit_exceeded: words.often,
  unreadable: words.unreadable,
  unavailable: words.unavailable,
};

/** Codes come from the address, where anyone may have written them: an unknown one is never shown. */
export function explainSso(code: string, say: Say): string {
  return say(wordsOf(code) ?? words.failed);
}

/** A refusal to send somebody to a provider, in these words where there are some. */
export function inSsoWords(error: unknown, say: Say): unknown {
  const known = error instanceof Fault ? wordsOf(error.code) : undefined;
  return known === undefined ? error : new Error(say(known));
}

function wordsOf(code: string): Entry | undefined {
  return Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined;
}
