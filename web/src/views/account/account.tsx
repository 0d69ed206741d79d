import { PageHeading } from "../../ui/heading";

export default function Account() {
  return <PageHeading title="Account" />;
}
