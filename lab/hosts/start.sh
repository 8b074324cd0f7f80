# One guest, from the mounts to its end. Runs in a mount namespace of its own, so that all it mounts ends with it.
# sh start.sh FOLDER IMAGE NAMESPACE HOSTNAME OUTER INNER [VOLUME PLACE]...   FOLDER is the guest's; OUTER and INNER are
# the files, one a line, through which a process joins those control groups.
set -eu
umask 022                                                          # the root of the guest's disk is for all its users
folder=$1 image=$2 namespace=$3 hostname=$4 outer=$5 inner=$6
shift 6
join() { for entrance in $1; do echo 0 >"$entrance"; done; }
join "$outer"

tree=$folder/tree
mount -t tmpfs -o mode=0755,size=64k tmpfs "$tree"
mkdir "$tree/image" "$tree/disk" "$tree/root"
flock "$image" mount -o loop,ro,nodev "$image" "$tree/image"       # one loop device for all guests: they share its pages
mount -o loop,noatime,nobarrier,nodev "$folder/disk.img" "$tree/disk"
mkdir -p "$tree/disk/upper" "$tree/disk/work"
mount -t overlay -o "lowerdir=$tree/image,upperdir=$tree/disk/upper,workdir=$tree/disk/work" overlay "$tree/root"
mount --make-shared "$tree/root"                                   # a volume mounted here later appears in the guest
if [ ! -e "$tree/disk/seeded" ]; then
    cp -a --remove-destination "$folder/seed/first/." "$tree/root/"
    touch "$tree/disk/seeded"
fi
cp -a --remove-destination "$folder/seed/every/." "$tree/root/"
while [ $# -ge 2 ]; do
    mkdir -p "$tree/root$2"
    mount -o loop,noatime,nobarrier,nosuid,nodev "$1" "$tree/root$2"
    shift 2
done

again=133                                                          # systemd-nspawn --keep-unit: the guest reboots
ended=$again
while [ "$ended" = "$again" ]; do
    ended=0
    ( join "$inner"
      exec systemd-nspawn --quiet --boot --directory="$tree/root" --machine="$namespace" --hostname="$hostname" \
        --network-namespace-path="/run/netns/$namespace" --register=no --keep-unit --link-journal=no \
        --resolv-conf=off --timezone=off --console=read-only --capability=CAP_NET_ADMIN \
        --bind-ro="$folder/drive:/run/config-drive"
    ) || ended=$?
done
exit "$ended"
