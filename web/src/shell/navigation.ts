/** The pages inside the shell, in the order of the navigation. */
import {
  IconApps, IconFingerprint, IconHistory, IconHome, IconKey, IconLogin2, IconPlugConnected, IconRobot, IconSettings,
  IconShieldCheck, IconUsers, type Icon,
} from "@tabler/icons-react";
import { dictionary, type Entry } from "../language/language";

export const navWords = dictionary({
  overview: ["Overview", "概览"],
  keys: ["Access keys", "访问密钥"],
  apps: ["Authorised apps", "已授权应用"],
  profile: ["Profile & sign-in", "个人资料与登录"],
  users: ["Users", "用户"],
  services: ["Service accounts", "服务账号"],
  clients: ["OAuth clients", "OAuth 客户端"],
  sso: ["Single sign-on", "单点登录"],
  trusted: ["Trusted issuers", "受信任的签发方"],
  audit: ["Audit log", "审计日志"],
  settings: ["Settings", "设置"],
  mine: ["Yours", "我的"],
  admin: ["Administration", "管理"],
});

interface Place {
  to: string;
  label: Entry;
  icon: Icon;
}

export const OWN_PLACES: readonly Place[] = [
  { to: "/", label: navWords.overview, icon: IconHome },
  { to: "/access-keys", label: navWords.keys, icon: IconKey },
  { to: "/apps", label: navWords.apps, icon: IconApps },
  { to: "/profile", label: navWords.profile, icon: IconFingerprint },
];

export const ADMIN_PLACES: readonly Place[] = [
  { to: "/users", label: navWords.users, icon: IconUsers },
  { to: "/service-accounts", label: navWords.services, icon: IconRobot },
  { to: "/oauth-clients", label: navWords.clients, icon: IconPlugConnected },
  { to: "/single-sign-on", label: navWords.sso, icon: IconLogin2 },
  { to: "/trusted-issuers", label: navWords.trusted, icon: IconShieldCheck },
  { to: "/audit", label: navWords.audit, icon: IconHistory },
  { to: "/settings", label: navWords.settings, icon: IconSettings },
];
