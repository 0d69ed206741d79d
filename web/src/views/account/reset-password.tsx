import { PageHeading } from "../../ui/heading";

export default function ResetPassword() {
  return <PageHeading title="ResetPassword" />;
}
