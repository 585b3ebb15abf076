/** The texts of the pages outside. */
import { dictionary } from "../language/language";

export const frontWords = dictionary({
  signIn: ["Sign in", "登录"],
  password: ["Password", "密码"],
  showPassword: ["Show the password", "显示密码"],
  forgot: ["Forgot your password?", "忘记密码？"],
  forgotNoMail: ["Cannot sign in?", "无法登录？"],
  or: ["or", "或"],
  passkey: ["Sign in with a passkey", "使用通行密钥登录"],
  continueWith: ["Continue with {name}", "使用 {name} 继续"],
  needsSetup: ["This hub has no owner yet", "此 Hub 还没有所有者"],
  needsSetupText: [
    "The hub printed a set-up link in its terminal when it started. Open that link to become the owner.",
    "Hub 启动时在终端中打印了初始化链接。打开该链接即可成为所有者。",
  ],
});

export const linkWords = dictionary({
  opening: ["Opening your link", "正在打开链接"],
  setUp: ["Set up your hub", "初始化 Hub"],
  setUpText: ["You become the owner. Everything else can be changed later.", "您将成为所有者，其余设置以后均可修改。"],
  invitation: ["Join AIGNE Hub", "加入 AIGNE Hub"],
  invitationText: ["You are invited as {role}. Choose how you will sign in.", "您被邀请为{role}，请选择登录方式。"],
  reset: ["Choose a new password", "设置新密码"],
  resetText: ["All other sessions of this account end.", "此账号的其他会话将全部结束。"],
  broken: ["This link does not work", "链接无法使用"],
  noToken: ["The address is not complete. Open the whole link as you received it.", "地址不完整，请打开收到的完整链接。"],
  yourName: ["Your name", "您的姓名"],
  newPassword: ["New password", "新密码"],
  passwordHint: ["A few unrelated words are easy to keep and hard to guess.", "使用几个不相关的词语，好记又难猜。"],
  create: ["Create the account", "创建账号"],
  saveReset: ["Save and sign in", "保存并登录"],
  withPasskey: ["Use a passkey instead", "改用通行密钥"],
  toSignIn: ["To the sign-in page", "前往登录页"],
  welcome: ["Welcome to AIGNE Hub", "欢迎使用 AIGNE Hub"],
});

export const forgotWords = dictionary({
  title: ["Get back in", "找回账号"],
  text: ["Tell us your email and we send you a link to choose a new password.", "请输入邮箱，我们将发送设置新密码的链接。"],
  send: ["Send the link", "发送链接"],
  sentTitle: ["Look into your mailbox", "请查收邮件"],
  sent: [
    "If {email} belongs to an account, a link is on its way. It works once and not for long.",
    "如果 {email} 对应某个账号，链接已发出。链接只能使用一次，且有效期较短。",
  ],
  noMail: [
    "This hub sends no mail. Ask an administrator for a reset link; they find it under Users.",
    "此 Hub 未配置邮件。请向管理员索取重置链接（在“用户”页面生成）。",
  ],
  noMailOwner: ["Are you the owner? Make a link in the hub’s terminal:", "您是所有者？请在 Hub 的终端中生成链接："],
  command: ["Command", "命令"],
  back: ["Back to sign-in", "返回登录"],
});

export const consentWords = dictionary({
  title: ["Allow {name}?", "允许 {name}？"],
  text: ["It asks to act in your name on this hub:", "该应用请求以您的名义在此 Hub 上："],
  returns: ["After that you return to {host}.", "之后将返回 {host}。"],
  dynamic: [
    "This application registered itself. The hub does not know who runs it, so allow it only if you started this.",
    "该应用为自行注册，Hub 无法确认其运营者。仅当由您发起时才允许。",
  ],
  known: ["You have allowed this application before.", "您之前已授权过该应用。"],
  allow: ["Allow", "允许"],
  deny: ["Deny", "拒绝"],
  signedInAs: ["Signed in as {name}", "当前登录：{name}"],
  another: ["Use another account", "使用其他账号"],
  lost: ["This request cannot be answered", "无法处理此请求"],
  lostText: ["It has expired or was already answered. Start again in the application.", "请求已过期或已处理，请在应用中重新发起。"],
  unsafe: ["The application gave an address that is not safe to open.", "应用提供的地址不安全，无法打开。"],
});

export const deviceWords = dictionary({
  title: ["Connect a device", "连接设备"],
  text: ["Type the code that the device or terminal shows.", "请输入设备或终端上显示的代码。"],
  code: ["Code", "代码"],
  go: ["Continue", "继续"],
  warning: [
    "Allow this only if the code is on your own device. Nobody from support will ever send you a code.",
    "仅当代码显示在您自己的设备上时才允许。任何客服都不会向您发送代码。",
  ],
  allowed: ["The device is connected", "设备已连接"],
  allowedText: ["You can close this page and go on at the device.", "您可以关闭此页面，在设备上继续操作。"],
  denied: ["The device was turned away", "已拒绝该设备"],
  deniedText: ["It got no access. You can close this page.", "未授予任何权限，您可以关闭此页面。"],
});

export const connectWords = dictionary({
  title: ["Connect {name}", "连接 {name}"],
  anApp: ["an application", "一个应用"],
  text: ["{name} asks for an access key of yours. With it, it calls models in your name.", "{name} 请求您的一个访问密钥，用于以您的名义调用模型。"],
  source: ["It says of itself: {source}", "应用自述：{source}"],
  cli: ["Allow this only if you just started it in your own terminal.", "仅当您刚刚在自己的终端中发起时才允许。"],
  allow: ["Allow", "允许"],
  done: ["Connected", "已连接"],
  doneText: ["The application has its key. You can close this page.", "应用已获得密钥，您可以关闭此页面。"],
  closing: ["This page closes by itself.", "此页面将自动关闭。"],
  keys: ["See your access keys", "查看访问密钥"],
  bad: ["This connection cannot be made", "无法建立连接"],
  badToken: ["The address is not complete. Start again in the application.", "地址不完整，请在应用中重新发起。"],
  expired: ["This connection request has expired. Start again in the application.", "连接请求已过期，请在应用中重新发起。"],
  already: ["This connection was already made.", "该连接已建立。"],
});
