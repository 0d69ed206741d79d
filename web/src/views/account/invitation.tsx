import { PageHeading } from "../../ui/heading";

export default function Invitation() {
  return <PageHeading title="Invitation" />;
}
