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
  ssoFailed: [
    "Signing in with the other provider did not work ({code}). Try again, or ask an administrator.",
    "通过其他服务登录失败（{code}）。请重试或联系管理员。",
  ],
  needsSetup: ["This hub has no owner yet", "此 Hub 还没有所有者"],
  needsSetupText: [
    "The hub printed a set-up link in its terminal when it started. Open that link to become the owner.",
    "Hub 启动时在终端中打印了初始化链接。打开该链接即可成为所有者。",
  ],
});
