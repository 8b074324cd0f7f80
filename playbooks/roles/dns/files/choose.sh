# Before Knot starts, as root: a host that is told from whom it takes its zone takes it; else it knows its own name.
set -eu
cd /run/service/dns
if [ -f /etc/service/zone-source ]; then
    install --group=knot --mode=0640 /etc/service/zone-source source.conf
    ln -sf taken.conf zone.conf
else
    ln -sf own.conf zone.conf
fi
