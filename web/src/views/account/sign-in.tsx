import { PageHeading } from "../../ui/heading";

export default function SignIn() {
  return <PageHeading title="SignIn" />;
}
